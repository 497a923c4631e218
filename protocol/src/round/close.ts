// close: no further update enters; the set of updates is counted and committed to.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { CommitmentsState, JobState, RoundState, UpdateEntry, UpdatesState } from '../ledger/state.ts';
import { listCommitments } from './commitments-page.ts';
import { verifyNotBefore, verifyPhase } from './open.ts';
import { commitUpdates, listUpdates } from './updates-page.ts';

/** Names of agents that are told of at most: an event must not grow without end. */
const WITHHELD_MAX = 1000;

/** Who committed and did not reveal. */
function withheldBy(
  committed: readonly (CommitmentsState | undefined)[],
  recorded: readonly UpdateEntry[],
): readonly string[] {
  const revealed = new Set(recorded.map(({ by }) => by));
  const names = listCommitments(committed).map(({ by }) => by);
  return names.filter((by) => !revealed.has(by)).slice(0, WITHHELD_MAX);
}

/**
 * Closes a round: when its window is over and enough updates are in, or earlier once all that it hoped for are; where agents
 * committed, once all of them have revealed. Who asks has been authenticated.
 * @param committed all pages of the round's commitments, where the job has them
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_QUORUM_SHORT
 */
export function closeRound(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (UpdatesState | undefined)[],
  { at }: Moment,
  committed: readonly (CommitmentsState | undefined)[] = [],
): { state: RoundState; events: LedgerEvent[] } {
  verifyPhase(round, 'open');
  const recorded = listUpdates(pages);
  const updates = commitUpdates(recorded);
  // a back-dated close would end the window for attestations before it began
  verifyNotBefore(
    round,
    recorded.reduce((latest, update) => Math.max(latest, update.at), round.revealedAt ?? round.openedAt),
    at,
  );
  // to close on fewer than committed would let whoever closes choose whom to leave out
  const hoped = round.commitments?.count ?? terms.participation.complete;
  if (updates.count < hoped) verifyNotBefore(round, round.updatesUntil, at);
  if (updates.count < terms.participation.minimum) {
    throw new MusterError('ERR_QUORUM_SHORT', {
      of: 'updates',
      count: updates.count,
      needed: terms.participation.minimum,
    });
  }
  const commitMs = terms.commitments?.attestationsMs;
  const state: RoundState = {
    ...round,
    phase: 'closed',
    closedAt: at,
    ...(commitMs === undefined ? {} : { attestationCommitsUntil: at + commitMs }),
    attestationsUntil: at + (commitMs ?? 0) + terms.windows.attestationsMs,
    updates,
    ...(round.commitments === undefined ? {} : { withheld: withheldBy(committed, recorded) }),
  };
  return { state, events: [event('round.closed', state)] };
}
