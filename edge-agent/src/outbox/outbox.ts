// The durable outbox: what an agent sealed is on disk before it is sent, and is sent until the ledger answers.

import {
  codedStorageError,
  isMusterError,
  MusterError,
  openEnvelope,
  report,
  type Act,
  type ErrorReport,
  type Receipt,
} from '@muster/protocol';
import { createBackoff, fromRefusal, isRetryable, type Gateway } from '../client/index.ts';
import { stopwatch } from '../stopwatch.ts';
import { createOutboxFiles, type OutboxEntry, type RefusedEntry } from './outbox-files.ts';

/** How an envelope fared. */
export type Delivery =
  | {
      readonly status: 'recorded';
      readonly receipt: Receipt;
      /** of the attempt that succeeded: storing the artefact, and waiting for the ledger */
      readonly seconds: { readonly upload: number; readonly record: number };
    }
  | { readonly status: 'refused'; readonly error: ErrorReport };

export interface Outbox {
  /**
   * Puts an envelope, and the bytes that must be in a store before it, into the outbox; both are on disk when this
   * resolves. `delivery` settles once the ledger has answered, however long that takes, or rejects when the outbox closes.
   * @throws ERR_STORAGE_FULL; nothing waits then
   */
  post(act: Act, envelope: string, artefact?: Uint8Array): Promise<{ readonly delivery: Promise<Delivery> }>;
  /** What waits. */
  pending(): readonly OutboxEntry[];
  /** What no retry can mend, kept with the reason. */
  refused(): Promise<RefusedEntry[]>;
  /** Stops sending; what waits stays on disk. */
  close(): Promise<void>;
}

export interface OutboxOptions {
  readonly folder: string;
  readonly gateway: Gateway;
  /** told of each failed attempt and of each delivery */
  readonly onAttempt?: (
    jti: string,
    outcome: Delivery | { readonly status: 'retrying'; readonly error: unknown },
  ) => void;
}

const WAIT_MS = 30_000;

/** One gateway shows a round open that another's peers still see committing: its update fares better in a moment. */
function isTooEarly(act: Act, error: MusterError): boolean {
  const { phase } = error.details as { readonly phase?: unknown };
  return act === 'round.update' && error.code === 'ERR_ROUND_PHASE' && phase === 'committing';
}

/**
 * Opens an outbox and goes on with what an earlier process left in it.
 */
export async function openOutbox({ folder, gateway, onAttempt }: OutboxOptions): Promise<Outbox> {
  const files = createOutboxFiles(folder);
  const closing = new AbortController();
  const deliveries = new Map<string, { readonly entry: OutboxEntry; readonly delivery: Promise<Delivery> }>();

  const attempt = async (entry: OutboxEntry, turn: number): Promise<Delivery | undefined> => {
    const { jti, act, envelope, artefact } = entry;
    const lap = stopwatch();
    if (artefact) await gateway.putArtefact(await files.readArtefact(jti), turn);
    const upload = lap();
    const { receipt, error } = await gateway.submit(act, envelope, WAIT_MS, turn);
    if (error !== undefined) throw fromRefusal(error);
    return receipt === undefined ? undefined : { status: 'recorded', receipt, seconds: { upload, record: lap() } };
  };
  const settle = async (entry: OutboxEntry, outcome: Delivery): Promise<Delivery> => {
    if (outcome.status === 'recorded') await files.remove(entry.jti);
    else await files.setAside(entry, outcome.error);
    onAttempt?.(entry.jti, outcome);
    return outcome;
  };
  const deliver = async (entry: OutboxEntry): Promise<Delivery> => {
    const backoff = createBackoff();
    let turn = 0;
    while (!closing.signal.aborted) {
      let failure: unknown;
      try {
        const outcome = await attempt(entry, turn);
        if (outcome !== undefined) return await settle(entry, outcome);
        // one that takes envelopes and does nothing with them must not keep them from the ledger
        turn++;
      } catch (error) {
        if (isMusterError(error) && !isRetryable(error) && !isTooEarly(entry.act, error)) {
          return await settle(entry, { status: 'refused', error: report(error) });
        }
        failure = error;
        onAttempt?.(entry.jti, { status: 'retrying', error });
      }
      await backoff.wait(closing.signal, failure);
    }
    throw new MusterError('ERR_WAIT_EXPIRED', { waitedFor: `delivery of ${entry.jti}`, seconds: 0, last: 'closed' });
  };
  const start = (entry: OutboxEntry): Promise<Delivery> => {
    const delivery = deliver(entry).finally(() => deliveries.delete(entry.jti));
    // a closed outbox rejects; whoever did not wait for the delivery need not hear of it, the entry is on disk
    delivery.catch(() => undefined);
    deliveries.set(entry.jti, { entry, delivery });
    return delivery;
  };

  for (const entry of await files.load()) void start(entry);
  return {
    async post(act, envelope, artefact) {
      const { jti } = openEnvelope(envelope, act);
      const running = deliveries.get(jti);
      if (running !== undefined) return running;
      const entry: OutboxEntry = { v: 1, jti, act, envelope, artefact: artefact !== undefined };
      try {
        await files.write(entry, artefact);
      } catch (error) {
        throw codedStorageError(error, 'the outbox');
      }
      return { delivery: start(entry) };
    },
    pending: () => [...deliveries.values()].map(({ entry }) => entry),
    refused: () => files.refused(),
    async close() {
      closing.abort();
      await Promise.allSettled([...deliveries.values()].map(({ delivery }) => delivery));
    },
  };
}
