// abandon: a round whose quorum cannot be met ends without a model; the next opens on the same base, or the job fails.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { rootsNeeded, type Terms } from '../job/terms.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type {
  AttestationCommitmentState,
  CommitmentsState,
  JobState,
  ModelState,
  RootState,
  RoundState,
  UpdatesState,
} from '../ledger/state.ts';
import { withheldBy, type ClosingRound } from './close.ts';
import { independentNeeded, isSealing } from './independence.ts';
import { followingSeed } from './sortition.ts';
import { openNext, verifyNotBefore, verifyPhase } from './open.ts';
import { listRoots } from './root.ts';
import { listUpdates } from './updates-page.ts';

/** What abandoning changes; `next` while the job goes on, `job` where it failed. */
export interface AbandonOutcome {
  readonly round: RoundState;
  readonly model: ModelState;
  readonly next?: RoundState;
  readonly job?: JobState;
  readonly events: LedgerEvent[];
}

/** A page of a round's updates or, while something is being committed to, of its commitments: one organisation's to attest is one. */
export type EntriesPage = UpdatesState | CommitmentsState | AttestationCommitmentState;

function countEntries(pages: readonly (EntriesPage | undefined)[]): number {
  return pages.reduce((count, page) => {
    if (page === undefined) return count;
    if ('commitment' in page) return count + 1;
    return count + Object.keys('updates' in page ? page.updates : page.commitments).length;
  }, 0);
}

/** What a round waits for and until when, how much of it is enough, and what it is short of without that. */
function awaited(terms: Terms, round: RoundState): { until: number; enough: number; short: string } {
  const { minimum } = terms.participation;
  if (isSealing(round)) {
    const until = round.attestationCommitsUntil as number;
    return { until, enough: independentNeeded(terms), short: 'short of commitments to attestations' };
  }
  if (round.phase === 'committing') {
    return { until: round.commitsUntil as number, enough: minimum, short: 'short of commitments' };
  }
  // of attestations no count is enough by itself: they must agree
  if (round.phase === 'closed') return { until: round.attestationsUntil as number, enough: Infinity, short: '' };
  verifyPhase(round, 'open');
  return { until: round.updatesUntil, enough: minimum, short: 'short of updates' };
}

function verifyHopeless(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (EntriesPage | undefined)[],
  roots: readonly (RootState | undefined)[],
  at: number,
): void {
  const { until, enough, short } = awaited(terms, round);
  verifyNotBefore(round, until + 1, at);
  const rooted = round.phase !== 'open' || listRoots(roots).length >= rootsNeeded(terms);
  if (rooted && countEntries(pages) >= enough) {
    // enough are in: the way on is to close, or to reveal
    const { job, round: number, phase } = round;
    throw new MusterError('ERR_ROUND_PHASE', { job, round: number, phase, expected: short });
  }
}

/** Who kept an update back for which the round waited in vain; after its close it is known already. */
function withheldIn(
  round: RoundState,
  pages: readonly (EntriesPage | undefined)[],
  committed: readonly (CommitmentsState | undefined)[],
): Pick<RoundState, 'withheld'> {
  if (round.phase !== 'open' || round.commitments === undefined) return {};
  const recorded = pages.filter((page) => page !== undefined && 'updates' in page);
  return { withheld: withheldBy(committed, listUpdates(recorded)) };
}

/**
 * Abandons a round: its window for updates or for commitments is over with too few of them, or of root updates, or its window for
 * attestations is over without a quorum. Who asks has been authenticated.
 * @param pages all pages of its updates or, while something is being committed to, its commitments to that
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY
 */
export function abandonRound(
  job: JobState,
  round: RoundState,
  pointer: ModelState,
  pages: readonly (EntriesPage | undefined)[],
  reason: string,
  moment: Moment,
  { committed = [], roots = [] }: ClosingRound = {},
): AbandonOutcome {
  verifyHopeless(job, round, pages, roots, moment.at);
  const withheld = withheldIn(round, pages, committed);
  const abandoned: RoundState = { ...round, ...withheld, phase: 'abandoned', abandonedAt: moment.at, reason };
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
  const next = openNext(job, counted, moment, followingSeed(round));
  return {
    round: abandoned,
    model: next.model,
    next: next.round,
    events: [...events, event('round.opened', next.round)],
  };
}
