// Tallies in a worker thread, behind promises.

import { fromReport, MusterError } from '@muster/protocol';
import { Worker } from 'node:worker_threads';
import type { TallyBase, TallyOutcome, TallyTerms, TallyUpdate } from './tally.ts';
import type { TallyReply, TallyRequest } from './tally-worker.ts';

/** A tally elsewhere; methods throw as {@link Tally}'s do. */
export interface RemoteTally {
  add(record: TallyUpdate, bytes: Uint8Array): Promise<void>;
  addRoot(record: Pick<TallyUpdate, 'update'>, bytes: Uint8Array): Promise<void>;
  finish(): Promise<TallyOutcome>;
  candidate(by: string): Promise<Uint8Array>;
  forget(): Promise<void>;
}

export interface Tallies {
  /** @throws ERR_TENSORS_MALFORMED, ERR_UPDATE_LAYOUT, ERR_RULE_UNKNOWN */
  open(terms: TallyTerms, round: number, base: TallyBase): Promise<RemoteTally>;
  close(): Promise<void>;
}

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Starts the worker. */
export function createTallies(): Tallies {
  const worker = new Worker(new URL('./tally-worker.ts', import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<TallyOutcome | undefined>>();
  let count = 0;
  let gone: MusterError | undefined;
  const abandon = (reason: string, cause?: unknown): void => {
    gone ??= new MusterError('ERR_TALLY_FAILED', { reason }, { cause });
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on('message', (reply: TallyReply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) call?.resolve(reply.outcome);
    else call?.reject(fromReport(reply.error));
  });
  worker.on('error', (cause: unknown) => abandon(cause instanceof Error ? cause.message : String(cause), cause));
  worker.on('exit', () => abandon('the worker has ended'));
  const call = (request: WithoutId<TallyRequest>): Promise<TallyOutcome | undefined> => {
    if (gone !== undefined) return Promise.reject(gone);
    const id = count++;
    const answer = Promise.withResolvers<TallyOutcome | undefined>();
    waiting.set(id, answer);
    worker.postMessage({ ...request, id });
    return answer.promise;
  };
  return {
    async open(terms, round, base) {
      const tally = count++;
      const { rule, state, fixedPoint, seed, scores, root } = terms;
      await call({ kind: 'open', tally, terms: { rule, state, fixedPoint, seed, scores, root }, round, base });
      return {
        async add({ by, examples, update }, bytes) {
          await call({ kind: 'add', tally, record: { by, examples, update }, bytes });
        },
        async addRoot({ update }, bytes) {
          await call({ kind: 'add-root', tally, record: { update }, bytes });
        },
        finish: async () => (await call({ kind: 'finish', tally })) as TallyOutcome,
        candidate: async (by) => ((await call({ kind: 'candidate', tally, by })) as TallyOutcome).model,
        async forget() {
          await call({ kind: 'forget', tally });
        },
      };
    },
    async close() {
      await worker.terminate();
    },
  };
}
