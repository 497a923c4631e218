// abandon: a round whose quorum cannot be met ends without a model; the next opens on the same base, or the job fails.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { CommitmentsState, JobState, ModelState, RoundState, UpdatesState } from '../ledger/state.ts';
import { openNext, verifyNotBefore, verifyPhase } from './open.ts';

/** What abandoning changes; `next` while the job goes on, `job` where it failed. */
export interface AbandonOutcome {
  readonly round: RoundState;
  readonly model: ModelState;
  readonly next?: RoundState;
  readonly job?: JobState;
  readonly events: LedgerEvent[];
}

/** A page of a round's updates or, while it is committing, of its commitments. */
export type EntriesPage = UpdatesState | CommitmentsState;

function countEntries(pages: readonly (EntriesPage | undefined)[]): number {
  return pages.reduce((count, page) => {
    if (page === undefined) return count;
    return count + Object.keys('updates' in page ? page.updates : page.commitments).length;
  }, 0);
}

function verifyHopeless(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (EntriesPage | undefined)[],
  at: number,
): void {
  if (round.phase === 'closed') {
    verifyNotBefore(round, (round.attestationsUntil as number) + 1, at);
    return;
  }
  const committing = round.phase === 'committing';
  if (!committing) verifyPhase(round, 'open');
  verifyNotBefore(round, (committing ? (round.commitsUntil as number) : round.updatesUntil) + 1, at);
  if (countEntries(pages) >= terms.participation.minimum) {
    // enough are in: the way on is to close, or to reveal
    throw new MusterError('ERR_ROUND_PHASE', {
      job: round.job,
      round: round.round,
      phase: round.phase,
      expected: committing ? 'short of commitments' : 'short of updates',
    });
  }
}

/**
 * Abandons a round: its window for commitments or for updates is over with too few of them, or its window for attestations is over without a
 * quorum. Who asks has been authenticated.
 * @param pages all pages of its updates or, while it is committing, of its commitments
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY
 */
export function abandonRound(
  job: JobState,
  round: RoundState,
  pointer: ModelState,
  pages: readonly (EntriesPage | undefined)[],
  reason: string,
  moment: Moment,
): AbandonOutcome {
  verifyHopeless(job, round, pages, moment.at);
  const abandoned: RoundState = { ...round, phase: 'abandoned', abandonedAt: moment.at, reason };
  const counted: ModelState = { ...pointer, abandoned: pointer.abandoned + 1 };
  const events = [event('round.abandoned', abandoned)];
  if (counted.abandoned > job.terms.limits.abandoned) {
    const failed: JobState = { ...job, status: 'failed' };
    return {
      round: abandoned,
      model: counted,
      job: failed,
      events: [...events, event('job.failed', { ...failed, model: counted })],
    };
  }
  const next = openNext(job, counted, moment);
  return {
    round: abandoned,
    model: next.model,
    next: next.round,
    events: [...events, event('round.opened', next.round)],
  };
}
