// reveal: no further commitment enters; the set of them is counted and committed to, and updates may be shown.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { CommitmentsState, JobState, RoundState } from '../ledger/state.ts';
import { listCommitments, rootOfCommitments } from './commitments-page.ts';
import { verifyNotBefore, verifyPhase } from './open.ts';

/**
 * Opens a committing round for its updates: when the window for commitments is over and enough are in, or earlier once all
 * that it hoped for are. The window for updates begins now. Who asks has been authenticated.
 * @param pages all pages of the round's commitments
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_QUORUM_SHORT
 */
export function revealRound(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (CommitmentsState | undefined)[],
  { at }: Moment,
): { state: RoundState; events: LedgerEvent[] } {
  verifyPhase(round, 'committing');
  const { minimum, complete } = terms.participation;
  const recorded = listCommitments(pages);
  const commitments = rootOfCommitments(recorded);
  // back-dated, it would end the window for updates before it began
  verifyNotBefore(
    round,
    recorded.reduce((latest, one) => Math.max(latest, one.at), round.openedAt),
    at,
  );
  if (commitments.count < complete) verifyNotBefore(round, round.commitsUntil as number, at);
  if (commitments.count < minimum) {
    throw new MusterError('ERR_QUORUM_SHORT', { of: 'commitments', count: commitments.count, needed: minimum });
  }
  const updatesUntil = at + terms.windows.updatesMs;
  const state: RoundState = { ...round, phase: 'open', commitments, revealedAt: at, updatesUntil };
  return { state, events: [event('round.revealed', state)] };
}
