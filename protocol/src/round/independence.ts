// independence: which attestations were made before any was shown, and how many of those a model needs.

import { MusterError } from '../errors.ts';
import type { Terms } from '../job/terms.ts';
import type { AttestationState, RoundState } from '../ledger/state.ts';

/**
 * How many independent attestations must be among the agreeing ones, where they are committed to: one more than the
 * organisations that may be absent or lie, n − m by the job's own quorum and f of n ≥ 3f + 1 by the orderers' assumption. So one
 * of them at least is honest and recomputed the model. It is never more than m: those who remain can always go on.
 */
export function independentNeeded({ organisations, quorum }: Pick<Terms, 'organisations' | 'quorum'>): number {
  const n = organisations.length;
  return Math.max(n - quorum.attestations, Math.floor((n - 1) / 3)) + 1;
}

/** Whether a job's attestations are committed to before any is shown. */
export function commitsAttestations({ commitments }: Pick<Terms, 'commitments'>): boolean {
  return commitments?.attestationsMs !== undefined;
}

/** Whether a closed round still takes commitments to attestations, so that none may be shown. */
export function isSealing(round: RoundState): boolean {
  return (
    round.phase === 'closed' &&
    round.attestationCommitsUntil !== undefined &&
    round.attestationsRevealedAt === undefined
  );
}

const SEALING = 'closed, its attestations being committed to';

/**
 * Checks whether attestations are being committed to, or may be shown.
 * @param sealing what is expected
 * @throws ERR_ROUND_PHASE
 */
export function verifySealing(round: RoundState, sealing: boolean): void {
  const is = isSealing(round);
  if (is === sealing) return;
  const { job, round: number, phase, attestationsRevealedAt } = round;
  const revealed = `${phase}, its attestations revealed`;
  const told = attestationsRevealedAt === undefined ? phase : revealed;
  const [actual, expected] = is ? [SEALING, revealed] : [told, SEALING];
  throw new MusterError('ERR_ROUND_PHASE', { job, round: number, phase: actual, expected });
}

/**
 * Names the organisations whose attestations are not independent, in the order given.
 * @throws ERR_QUORUM_SHORT where too few of them are
 */
export function verifyIndependent(terms: Terms, attestations: readonly AttestationState[]): readonly string[] {
  const dependent = attestations.filter(({ independent }) => independent !== true);
  const count = attestations.length - dependent.length;
  const needed = independentNeeded(terms);
  if (count < needed) throw new MusterError('ERR_QUORUM_SHORT', { of: 'independent attestations', count, needed });
  return dependent.map(({ organisation }) => organisation);
}
