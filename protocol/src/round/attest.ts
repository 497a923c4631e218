// attest: an organisation's validator says which model the recorded updates make.

import type { Moment } from '../consortium/consortium.ts';
import { carriedBy } from '../aggregate/rules.ts';
import { canonicalise } from '../bytes/canonical.ts';
import { envelopeDigest } from '../envelope/envelope.ts';
import { MusterError } from '../errors.ts';
import { verifyMember } from '../job/job.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { AttestationCommitmentState, AttestationState, JobState, RoundState } from '../ledger/state.ts';
import type { Stated } from '../statements.ts';
import { commitsAttestations, verifySealing } from './independence.ts';
import { verifyBefore, verifyNotBefore, verifyPhase } from './open.ts';
import { verifyRoots } from './root.ts';
import { verifyScores } from './scores.ts';

function verifyClaims({ terms }: JobState, round: RoundState, { statement }: Stated<'round.attest'>): void {
  const { base, updates, excluded, carry, scores, beacon } = statement;
  const equal = (field: string, value: string, expected: string): void => {
    if (value !== expected) throw new MusterError('ERR_ATTESTATION_MISMATCH', { field, value, expected });
  };
  if (base !== round.base.digest) throw new MusterError('ERR_ROUND_BASE', { base, expected: round.base.digest });
  equal('updates', canonicalise(updates), canonicalise(round.updates));
  const names = excluded.map(({ by }) => by);
  equal('excluded', names.join(), [...new Set(names)].sort((a, b) => (a < b ? -1 : 1)).join());
  verifyRoots(terms, round, statement.rootUpdates);
  const carries = (does: boolean): string => (does ? 'present' : 'absent');
  equal('carry', carries(carry !== undefined), carries(carriedBy(terms.rule).length > 0));
  equal('beacon', carries(beacon !== undefined), carries(terms.selection !== undefined));
  const accepted = updates.count - names.length;
  if (accepted < terms.participation.minimum) {
    throw new MusterError('ERR_QUORUM_SHORT', {
      of: 'accepted updates',
      count: accepted,
      needed: terms.participation.minimum,
    });
  }
  verifyScores(scores, terms, accepted);
}

/**
 * Whether an attestation is what its organisation committed to before any was shown. One that replaces another is not, nor is
 * one of an organisation that committed to nothing; a first one other than the committed is refused.
 */
function judgeIndependence(
  existing: AttestationState | undefined,
  committed: AttestationCommitmentState | undefined,
  { envelope, statement: { by } }: Stated<'round.attest'>,
): boolean {
  if (existing !== undefined || committed === undefined) return false;
  const { commitment } = committed;
  const digest = envelopeDigest(envelope);
  if (digest !== commitment) throw new MusterError('ERR_COMMITMENT_MISMATCH', { by, envelope: digest, commitment });
  return true;
}

/**
 * Records an organisation's attestation; a newer one replaces it until the round is finalised. The validator has been
 * authenticated.
 * @param committed where the job's attestations are committed to, what the organisation committed to
 * @throws ERR_JOB_OUTSIDER, ERR_ENVELOPE_REPLAYED, ERR_ENVELOPE_STALE, ERR_ROUND_PHASE, ERR_ROUND_LATE, ERR_ROUND_EARLY,
 *   ERR_COMMITMENT_MISMATCH, ERR_ROUND_BASE, ERR_ATTESTATION_MISMATCH, ERR_QUORUM_SHORT
 */
export function attestRound(
  job: JobState,
  round: RoundState,
  existing: AttestationState | undefined,
  stated: Stated<'round.attest'>,
  { at, transaction }: Moment,
  committed?: AttestationCommitmentState,
): { state: AttestationState; events: LedgerEvent[] } {
  const { organisation, statement, envelope } = stated;
  verifyMember(job, organisation);
  if (existing?.jti === statement.jti) throw new MusterError('ERR_ENVELOPE_REPLAYED', { jti: statement.jti });
  verifyPhase(round, 'closed');
  verifySealing(round, false);
  verifyNotBefore(round, round.attestationsRevealedAt ?? (round.closedAt as number), at);
  verifyBefore(round, round.attestationsUntil as number, at);
  if (existing !== undefined && statement.iat <= existing.iat) {
    throw new MusterError('ERR_ENVELOPE_STALE', { iat: statement.iat, latest: existing.iat });
  }
  const commits = commitsAttestations(job.terms);
  const independent = commits && judgeIndependence(existing, committed, stated);
  verifyClaims(job, round, stated);
  const { v, by, jti, iat, base, updates, excluded, rootUpdates, aggregate, carry, evaluation, scores, beacon } =
    statement;
  const state: AttestationState = {
    v,
    job: job.job,
    round: round.round,
    organisation,
    by,
    certificate: envelope.certificate,
    jti,
    iat,
    base,
    updates,
    excluded,
    ...(rootUpdates === undefined ? {} : { rootUpdates }),
    aggregate,
    ...(carry === undefined ? {} : { carry }),
    evaluation,
    ...(scores === undefined ? {} : { scores }),
    ...(commits ? { independent } : {}),
    ...(beacon === undefined ? {} : { beacon }),
    at,
    transaction,
  };
  return { state, events: [event('round.attested', state)] };
}

/** What organisations must agree on: everything but their own evaluation, scores and part in seeds. */
export function agreementOf({ base, updates, excluded, rootUpdates, aggregate, carry }: AttestationState): string {
  const agreed = { base, updates, excluded, aggregate };
  return canonicalise({
    ...agreed,
    ...(rootUpdates === undefined ? {} : { rootUpdates }),
    ...(carry === undefined ? {} : { carry }),
  });
}
