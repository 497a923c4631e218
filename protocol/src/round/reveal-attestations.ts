// reveal: no further commitment to an attestation enters, and attestations may be shown.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { AttestationCommitmentState, JobState, RoundState } from '../ledger/state.ts';
import { commitsAttestations, independentNeeded, verifySealing } from './independence.ts';
import { verifyNotBefore } from './open.ts';

/**
 * Lets a closed round's attestations be shown: when their window for commitments is over and enough are in, or earlier once
 * every organisation has committed. The window for attestations begins now. Who asks has been authenticated.
 * @param commitments of the job's organisations, in their order; undefined where there is none
 * @throws ERR_COMMITMENT_UNASKED, ERR_ROUND_PHASE, ERR_ROUND_EARLY, ERR_QUORUM_SHORT
 */
export function revealAttestations(
  { job, terms }: JobState,
  round: RoundState,
  commitments: readonly (AttestationCommitmentState | undefined)[],
  { at }: Moment,
): { state: RoundState; events: LedgerEvent[] } {
  if (!commitsAttestations(terms)) throw new MusterError('ERR_COMMITMENT_UNASKED', { job, of: 'attestation' });
  verifySealing(round, true);
  const recorded = commitments.filter((one) => one !== undefined);
  // back-dated, it would end the window for attestations before it began
  verifyNotBefore(
    round,
    recorded.reduce((latest, one) => Math.max(latest, one.at), round.closedAt as number),
    at,
  );
  if (recorded.length < terms.organisations.length) verifyNotBefore(round, round.attestationCommitsUntil as number, at);
  const needed = independentNeeded(terms);
  if (recorded.length < needed) {
    throw new MusterError('ERR_QUORUM_SHORT', { of: 'commitments to attestations', count: recorded.length, needed });
  }
  const state: RoundState = {
    ...round,
    attestationsRevealedAt: at,
    attestationsUntil: at + terms.windows.attestationsMs,
    committedBy: recorded.map(({ organisation }) => organisation),
  };
  return { state, events: [event('round.revealed', state)] };
}
