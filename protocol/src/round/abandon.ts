// abandon: a round whose quorum cannot be met ends without a model; the next opens on the same base, or the job fails.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { JobState, ModelState, RoundState, UpdatesState } from '../ledger/state.ts';
import { listUpdates } from './close.ts';
import { openNext, verifyNotBefore, verifyPhase } from './open.ts';

/** What abandoning changes; `next` while the job goes on, `job` where it failed. */
export interface AbandonOutcome {
  readonly round: RoundState;
  readonly model: ModelState;
  readonly next?: RoundState;
  readonly job?: JobState;
  readonly events: LedgerEvent[];
}

function verifyHopeless(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (UpdatesState | undefined)[],
  at: number,
): void {
  if (round.phase === 'closed') {
    verifyNotBefore(round, (round.attestationsUntil as number) + 1, at);
    return;
  }
  verifyPhase(round, 'open');
  verifyNotBefore(round, round.updatesUntil + 1, at);
  const { length } = listUpdates(pages);
  if (length >= terms.participation.minimum) {
    // enough updates are in: the way on is to close
    throw new MusterError('ERR_ROUND_PHASE', {
      job: round.job,
      round: round.round,
      phase: 'open',
      expected: 'short of updates',
    });
  }
}

/**
 * Abandons a round: its window for updates is over with too few of them, or its window for attestations is over without a
 * quorum. Who asks has been authenticated.
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY
 */
export function abandonRound(
  job: JobState,
  round: RoundState,
  pointer: ModelState,
  pages: readonly (UpdatesState | undefined)[],
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
