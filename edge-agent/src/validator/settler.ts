// The settler: sees to it that every ended round of a job with scores is settled for every organisation, also when the job is
// over and nothing else looks at it any more.

import { isMusterError, type EventType, type JobState, type JobStatus } from '@muster/protocol';
import { isRetryable, recordAct, type Gateway, type JobView, type Member } from '../client/index.ts';
import type { Log } from '../watch/index.ts';
import { OUTRUN } from './outrun.ts';

export interface SettlerOptions {
  readonly member: Member;
  readonly gateway: Gateway;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** how long each rank holds back, milliseconds */
  readonly turnMs: number;
  readonly recordMs: number;
  /** jobs with rounds to settle are looked at this often, whatever events say; milliseconds */
  readonly lookMs?: number | undefined;
}

/** Jobs in which rounds may have ended. */
const STARTED: readonly JobStatus[] = ['approved', 'finished', 'failed'];
/** What tells that a round has ended: the next one opened, or there is none. */
const ENDS: readonly EventType[] = ['job.approved', 'round.opened', 'job.finished', 'job.failed'];
const LOOK_MS = 5000;
const RETRY_MS = 500;

/** The last round of a job that ended; 0 before the first. */
function lastEnded({ job, model }: JobView): number {
  const round = model?.round ?? 0;
  return job.status === 'approved' ? Math.max(0, round - 1) : round;
}

/** One organisation's rounds of a job. */
interface Column {
  settled: number;
  /** since when the next one has been due */
  due: number | undefined;
  failures: number;
}

export class Settler {
  private readonly options: SettlerOptions;
  /** jobs that may have rounds to settle, by organisation what is known of them */
  private readonly jobs = new Map<string, Map<string, Column>>();
  /** jobs that are over and settled, or never to be */
  private readonly done = new Set<string>();
  private relist = true;
  private woken = Promise.withResolvers<undefined>();

  constructor(options: SettlerOptions) {
    this.options = options;
  }

  /** Something happened in a job; without one, anything may have happened anywhere. */
  hear(job?: string, type?: EventType): void {
    if (type !== undefined && !ENDS.includes(type)) return;
    if (job === undefined) this.relist = true;
    else this.note(job);
    this.woken.resolve(undefined);
  }

  /** Settles until the signal aborts. @throws what is no MusterError, and defects */
  async run(): Promise<void> {
    const { signal, lookMs = LOOK_MS } = this.options;
    signal.addEventListener('abort', () => this.woken.resolve(undefined), { once: true });
    while (!signal.aborted) {
      this.woken = Promise.withResolvers();
      const at = Math.min(await this.lookAtAll(), Date.now() + lookMs);
      const timer = setTimeout(() => this.woken.resolve(undefined), Math.max(0, at - Date.now()));
      await this.woken.promise;
      clearTimeout(timer);
    }
  }

  private note(job: string): void {
    if (!this.done.has(job) && !this.jobs.has(job)) this.jobs.set(job, new Map());
  }

  /** @returns when to look again at the latest */
  private async lookAtAll(): Promise<number> {
    const { gateway } = this.options;
    let again = await this.guard({}, async () => {
      if (!this.relist) return Infinity;
      for (const status of STARTED) for (const { job } of await gateway.jobs(status)) this.note(job);
      this.relist = false;
      return Infinity;
    });
    for (const job of [...this.jobs.keys()]) {
      again = Math.min(again, await this.guard({ job }, () => this.lookAt(job)));
    }
    return again;
  }

  private async guard(of: object, look: () => Promise<number>): Promise<number> {
    const { log, signal } = this.options;
    try {
      return await look();
    } catch (error) {
      if (!isMusterError(error) || error.family === 'defect') throw error;
      if (!signal.aborted) log.warn({ ...of, code: error.code, reason: error.message }, 'settling will look again');
      return Date.now() + RETRY_MS;
    }
  }

  private async lookAt(id: string): Promise<number> {
    const view = await this.options.gateway.job(id);
    const { terms, status } = view.job;
    const isOurs = terms.scores !== undefined && terms.organisations.includes(this.options.member.organisation);
    if (!isOurs || status === 'rejected') return this.finish(id);
    const ended = lastEnded(view);
    let again = Infinity;
    for (const organisation of terms.organisations) {
      again = Math.min(again, await this.settleUpTo(view.job, organisation, ended));
    }
    const isOver = status === 'finished' || status === 'failed';
    return isOver && again === Infinity ? this.finish(id) : again;
  }

  private finish(job: string): number {
    this.jobs.delete(job);
    this.done.add(job);
    return Infinity;
  }

  private async settleUpTo(job: JobState, organisation: string, ended: number): Promise<number> {
    const columns = this.jobs.get(job.job) ?? new Map<string, Column>();
    const column = columns.get(organisation) ?? { settled: 0, due: undefined, failures: 0 };
    columns.set(organisation, column);
    while (column.settled < ended && !this.options.signal.aborted) {
      const [last] = await this.options.gateway.find({ job: job.job, type: 'round.settled', organisation }, 1);
      const known = last?.type === 'round.settled' ? last.data.round : 0;
      // what was settled just now may not be projected yet
      if (known > column.settled) Object.assign(column, { settled: known, due: undefined, failures: 0 });
      if (column.settled >= ended) break;
      column.due ??= Date.now() + this.rank(job, organisation) * this.options.turnMs;
      if (column.due > Date.now()) return column.due;
      await this.trySettle(job, organisation, column);
    }
    return Infinity;
  }

  /** An organisation settles for its own agents first; where it does not, the others do one after the other. */
  private rank({ terms: { organisations } }: JobState, organisation: string): number {
    const n = organisations.length;
    return (organisations.indexOf(this.options.member.organisation) + n - organisations.indexOf(organisation)) % n;
  }

  private async trySettle({ job }: JobState, organisation: string, column: Column): Promise<void> {
    const { member, gateway, log, signal, recordMs } = this.options;
    const round = column.settled + 1;
    const at = { job, round, organisation };
    const claims = { v: 1, iat: Date.now(), by: member.by, ...at };
    try {
      await recordAct(gateway, 'round.settle', claims, member.signer, { timeoutMs: recordMs, signal });
      Object.assign(column, { settled: round, due: undefined, failures: 0 });
      log.info({ event: 'deed', deed: 'settle', ...at }, 'settle');
    } catch (error) {
      if (!isMusterError(error) || error.family === 'defect') throw error;
      if (signal.aborted) return;
      column.failures++;
      column.due = Date.now() + RETRY_MS * Math.min(column.failures, 10);
      const fields = { ...at, deed: 'settle', code: error.code, reason: error.message };
      if (OUTRUN.includes(error.code)) log.debug(fields, 'outrun');
      else if (isRetryable(error)) log.warn(fields, 'will try again');
      else log.error(fields, 'refused');
    }
  }
}
