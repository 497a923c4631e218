// Watching the jobs of an organisation: level-triggered. Events only say when to look; what to do is read from the state found.

import { isMusterError, type Code, type EventType, type JobState, type ModelState } from '@muster/protocol';
import type { EventRow, Gateway, RoundView } from '../client/index.ts';
import type { Log } from './log.ts';

/** A job with its current round, as seen at one moment. */
export interface JobSight extends RoundView {
  readonly job: JobState;
  readonly model: ModelState;
}

export interface WatchOptions {
  readonly gateway: Gateway;
  readonly organisation: string;
  /** events after which a job is looked at again */
  readonly types: readonly EventType[];
  readonly signal: AbortSignal;
  readonly log: Log;
  /** all jobs are looked at this often, whatever events say; milliseconds */
  readonly lookMs?: number;
  /**
   * Does what is to be done; runs once at a time for each job, and again when something happened meanwhile.
   * @returns when to look again at the latest, milliseconds since 1970; undefined leaves it to events
   */
  readonly consider: (sight: JobSight) => Promise<number | undefined>;
  /** a job that was considered has ended: what is held for it can go */
  readonly ended?: (job: string) => Promise<void>;
  /** an event of a job came; without one, some may have been missed */
  readonly heard?: (job?: string, type?: EventType) => void;
}

/** A worker thread that died does not come back: the process ends, and whoever supervises it starts another. */
const FATAL: readonly Code[] = ['ERR_TRAINER_FAILED', 'ERR_TALLY_FAILED'];

const LOOK_MS = 5000;
const AFTER_FAILURE_MS = 1000;

function jobOf(row: EventRow): string | undefined {
  return 'job' in row.data ? row.data.job : undefined;
}

/** What a job is looked at with: at most one at a time, again when asked for meanwhile. */
class Lookout {
  private readonly running = new Map<string, Promise<void>>();
  private readonly again = new Set<string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** jobs that were considered and have not been seen to end */
  private readonly considered = new Set<string>();
  private readonly options: WatchOptions;
  private readonly fail: (error: unknown) => void;

  constructor(options: WatchOptions, fail: (error: unknown) => void) {
    this.options = options;
    this.fail = fail;
  }

  look(job: string): void {
    if (this.options.signal.aborted) return;
    if (this.running.has(job)) {
      this.again.add(job);
      return;
    }
    clearTimeout(this.timers.get(job));
    this.timers.delete(job);
    const run = this.considerOnce(job).then(
      (at) => this.ended(job, at),
      (error: unknown) => {
        this.running.delete(job);
        this.fail(error);
      },
    );
    this.running.set(job, run);
  }

  async lookAtAll(): Promise<void> {
    const { gateway, organisation, log, signal } = this.options;
    try {
      const jobs = await gateway.jobs('approved');
      for (const { job, terms } of jobs) if (terms.organisations.includes(organisation)) this.look(job);
      // those that are no longer among them have ended, told by an event or not
      for (const job of this.considered) if (!jobs.some((approved) => approved.job === job)) this.look(job);
    } catch (error) {
      if (!isMusterError(error)) throw error;
      if (!signal.aborted) log.warn({ code: error.code, reason: error.message }, 'jobs cannot be listed');
    }
  }

  async close(): Promise<void> {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    await Promise.allSettled(this.running.values());
  }

  private async considerOnce(id: string): Promise<number | undefined> {
    const { gateway, organisation, consider, ended, log, signal } = this.options;
    try {
      const { job, model } = await gateway.job(id);
      if (job.status !== 'approved' || model === null || !job.terms.organisations.includes(organisation)) {
        if (this.considered.delete(id)) await ended?.(id);
        return undefined;
      }
      this.considered.add(id);
      return await consider({ job, model, ...(await gateway.round(id, model.round)) });
    } catch (error) {
      if (!isMusterError(error) || FATAL.includes(error.code)) throw error;
      if (!signal.aborted) log.warn({ job: id, code: error.code, reason: error.message }, 'will look again');
      return Date.now() + AFTER_FAILURE_MS;
    }
  }

  private ended(job: string, at: number | undefined): void {
    this.running.delete(job);
    if (this.options.signal.aborted) return;
    if (this.again.delete(job)) this.look(job);
    else if (at !== undefined)
      this.timers.set(
        job,
        setTimeout(() => this.look(job), Math.max(0, at - Date.now())),
      );
  }
}

/**
 * Watches until the signal aborts.
 * @throws what `consider` throws that is no MusterError, and ERR_TRAINER_FAILED, ERR_TALLY_FAILED: defects, which the process should end with
 */
export async function watchJobs(options: WatchOptions): Promise<void> {
  const { gateway, types, signal, heard, lookMs = LOOK_MS } = options;
  const stopped = Promise.withResolvers<undefined>();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const lookout = new Lookout({ ...options, signal: both }, stopped.reject);
  const lookAtAll = (): void => void lookout.lookAtAll().catch(stopped.reject);
  const connected = (): void => {
    heard?.();
    lookAtAll();
  };
  const follow = async (): Promise<void> => {
    for await (const row of gateway.follow({ types, signal: both, onConnected: connected })) {
      const job = jobOf(row);
      if (job === undefined) continue;
      heard?.(job, row.type);
      lookout.look(job);
    }
  };
  const timer = setInterval(lookAtAll, lookMs);
  both.addEventListener('abort', () => stopped.resolve(undefined), { once: true });
  if (both.aborted) stopped.resolve(undefined);
  const following = follow();
  following.catch(stopped.reject);
  lookAtAll();
  try {
    await stopped.promise;
  } finally {
    clearInterval(timer);
    stop.abort();
    await Promise.allSettled([following, lookout.close()]);
  }
}
