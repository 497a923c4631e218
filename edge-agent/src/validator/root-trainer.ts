// The organisation's root update of each round: trained on the job's root data beside whatever else the round needs, and recorded.

import { decodeParameters, isMusterError, MICRO, type Artefact, type JobState, type Unsealed } from '@muster/protocol';
import { seedKeyOf, trainChange } from '../agent/train-change.ts';
import type { Trainers } from '../agent/trainers.ts';
import { isRetryable, recordAct, type Gateway, type Member } from '../client/index.ts';
import { decodeExamples, type DataOrigin } from '../data/index.ts';
import type { FetchArtefact } from '../job/index.ts';
import type { JobSight, Log } from '../watch/index.ts';
import { OUTRUN } from './outrun.ts';

/** Under this name all train on root data, so that honest ones draw and make the same; no signatory is called so. */
const ROOT_AGENT = 'root';
const RETRY_MS = 500;
const RECORD_MS = 20_000;
/** Root data sets that stay decoded. */
const KEPT = 2;

export interface RootTrainerOptions {
  readonly member: Member;
  readonly gateway: Gateway;
  readonly trainers: Trainers;
  readonly fetchArtefact: FetchArtefact;
  readonly log: Log;
  readonly signal: AbortSignal;
}

interface Attempt {
  readonly round: number;
  readonly ended: Promise<void>;
  /** recorded, or nothing more to be done for it in this round */
  done: boolean;
  /** from when it may be tried again */
  again?: number;
  /** what the process must end with */
  failure?: Error;
}

/** Whether the ledger still takes an organisation's root update. */
function isAwaited({ round, roots = [] }: JobSight, organisation: string): boolean {
  const isOpen = round.phase === 'committing' || round.phase === 'open';
  return isOpen && Date.now() <= round.updatesUntil && !roots.some((root) => root.organisation === organisation);
}

export class RootTrainer {
  private readonly options: RootTrainerOptions;
  /** by job: of its current round */
  private readonly attempts = new Map<string, Attempt>();
  private readonly data = new Map<string, Promise<DataOrigin>>();

  constructor(options: RootTrainerOptions) {
    this.options = options;
  }

  /**
   * Begins what a round still needs of this organisation's root update; that goes on beside the caller.
   * @returns when to look again, milliseconds since 1970; undefined where there is nothing to wait for
   * @throws what broke training: a defect, which the process should end with
   */
  consider(sight: JobSight, base: Uint8Array): number | undefined {
    const { job, round } = sight;
    const { root } = job.terms;
    if (root === undefined || !isAwaited(sight, this.options.member.organisation)) return undefined;
    const known = this.attempts.get(job.job);
    if (known?.failure !== undefined) throw known.failure;
    const mayBegin = known?.round !== round.round || (known.again !== undefined && Date.now() >= known.again);
    const { done } = mayBegin ? this.begin(sight, root, base) : known;
    // once it is recorded an event says so
    return done ? undefined : Date.now() + RETRY_MS;
  }

  /** What is under way comes to its end. */
  async close(): Promise<void> {
    await Promise.all([...this.attempts.values()].map(({ ended }) => ended));
  }

  private begin(sight: JobSight, root: NonNullable<JobState['terms']['root']>, base: Uint8Array): Attempt {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const attempt: Attempt = { round: sight.round.round, ended: promise, done: false };
    this.attempts.set(sight.job.job, attempt);
    void this.make(sight, root, base)
      .then(
        () => (attempt.done = true),
        (error: unknown) => this.judge(sight, attempt, error),
      )
      .finally(() => resolve(undefined));
    return attempt;
  }

  private judge({ job, round }: JobSight, attempt: Attempt, error: unknown): void {
    const { log, signal } = this.options;
    if (signal.aborted) return;
    if (!isMusterError(error) || error.family === 'defect') {
      attempt.failure = error instanceof Error ? error : new TypeError(String(error));
      return;
    }
    const fields = { job: job.job, round: round.round, code: error.code, reason: error.message };
    if (OUTRUN.includes(error.code)) log.debug(fields, 'outrun');
    else if (isRetryable(error) || error.code.startsWith('ERR_ARTEFACT_')) {
      attempt.again = Date.now() + RETRY_MS;
      log.warn(fields, 'root update will be tried again');
      return;
    } else log.error(fields, 'no root update for this round');
    attempt.done = true;
  }

  private async make(
    { job, round }: JobSight,
    root: NonNullable<JobState['terms']['root']>,
    baseBytes: Uint8Array,
  ): Promise<void> {
    const { member, gateway, trainers, log, signal } = this.options;
    const { terms } = job;
    const began = performance.now();
    const [trainer, data] = await Promise.all([trainers.of(terms), this.dataOf(root)]);
    const base = decodeParameters(baseBytes);
    const seedKey = seedKeyOf(terms, round.round, ROOT_AGENT);
    const { update: bytes, trained } = await trainChange({ trainer, terms, base, data, seedKey, epochs: root.epochs });
    const seconds = Math.round(performance.now() - began) / 1000;
    if (signal.aborted) return;
    const update: Artefact = await gateway.putArtefact(bytes);
    const at = { job: job.job, round: round.round };
    const metrics = { lossMicro: Math.round(trained.loss * MICRO) };
    const common = { v: 1, iat: Date.now(), by: member.by, ...at } as const;
    const statement: Unsealed<'round.root'> = { ...common, base: round.base.digest, update, metrics };
    await recordAct(gateway, 'round.root', statement, member.signer, { timeoutMs: RECORD_MS, signal });
    log.info({ event: 'root', ...at, update: update.digest, loss: trained.loss, seconds }, 'root update recorded');
  }

  private dataOf({ data, layout }: NonNullable<JobState['terms']['root']>): Promise<DataOrigin> {
    const key = JSON.stringify([data.digest, layout]);
    const known = this.data.get(key);
    if (known !== undefined) return known;
    const reading = this.options.fetchArtefact(data).then((bytes) => decodeExamples(bytes, layout));
    for (const oldest of [...this.data.keys()].slice(0, this.data.size + 1 - KEPT)) this.data.delete(oldest);
    this.data.set(key, reading);
    // a failure is not kept: the next try fetches anew
    reading.catch(() => this.data.delete(key));
    return reading;
  }
}
