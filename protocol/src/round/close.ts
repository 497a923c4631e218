// close: no further update enters; the set of updates is counted and committed to.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import type { Terms } from '../job/terms.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { CommitmentsState, JobState, RootState, RoundState, UpdateEntry, UpdatesState } from '../ledger/state.ts';
import { listCommitments } from './commitments-page.ts';
import { verifyNotBefore, verifyPhase } from './open.ts';
import { closeRoots } from './root.ts';
import { commitUpdates, listUpdates } from './updates-page.ts';

/** Names of agents that are told of at most: an event must not grow without end. */
const WITHHELD_MAX = 1000;

/** Who committed and did not reveal. */
export function withheldBy(
  committed: readonly (CommitmentsState | undefined)[],
  recorded: readonly UpdateEntry[],
): readonly string[] {
  const revealed = new Set(recorded.map(({ by }) => by));
  const names = listCommitments(committed).map(({ by }) => by);
  return names.filter((by) => !revealed.has(by)).slice(0, WITHHELD_MAX);
}

/** The ends of the windows that begin with a close. */
function windowsFrom(
  { commitments, windows }: Terms,
  at: number,
): Pick<RoundState, 'attestationCommitsUntil' | 'attestationsUntil'> {
  const commitMs = commitments?.attestationsMs;
  if (commitMs === undefined) return { attestationsUntil: at + windows.attestationsMs };
  return { attestationCommitsUntil: at + commitMs, attestationsUntil: at + commitMs + windows.attestationsMs };
}

/** What else belongs to a round that closes. */
export interface ClosingRound {
  /** all pages of the round's commitments, where the job has them */
  readonly committed?: readonly (CommitmentsState | undefined)[];
  /** root updates of the job's organisations, where it has root data */
  readonly roots?: readonly (RootState | undefined)[];
}

/**
 * Closes a round: when its window is over and enough updates are in, or earlier once all that it hoped for are; where agents
 * committed, once all of them have revealed; where the job has root data, not before enough root updates are in. Who asks has
 * been authenticated.
 * @throws ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_QUORUM_SHORT
 */
export function closeRound(
  { terms }: JobState,
  round: RoundState,
  pages: readonly (UpdatesState | undefined)[],
  { at }: Moment,
  { committed = [], roots = [] }: ClosingRound = {},
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
  const rooted = closeRoots(terms, round, roots, at);
  const state: RoundState = {
    ...round,
    phase: 'closed',
    closedAt: at,
    ...windowsFrom(terms, at),
    updates,
    ...rooted,
    ...(round.commitments === undefined ? {} : { withheld: withheldBy(committed, recorded) }),
  };
  return { state, events: [event('round.closed', state)] };
}
