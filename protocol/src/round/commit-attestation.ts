// commit: an organisation commits to its sealed attestation while nobody can read another's.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { verifyMember, verifyStatus } from '../job/job.ts';
import type { AttestationCommitmentState, CommitmentRecord, JobState, RoundState } from '../ledger/state.ts';
import type { Stated } from '../statements.ts';
import { commitmentRecord } from './commit.ts';
import { commitsAttestations, verifySealing } from './independence.ts';
import { verifyBefore, verifyNotBefore } from './open.ts';
import type { Receipt } from './record.ts';

/**
 * Records an organisation's commitment to its attestation. The validator has been authenticated. The same again gives the
 * first receipt, another is refused.
 * @throws ERR_JOB_OUTSIDER, ERR_COMMITMENT_UNASKED, ERR_COMMITMENT_DUPLICATE, ERR_ROUND_PHASE, ERR_JOB_STATUS,
 *   ERR_ROUND_EARLY, ERR_ROUND_LATE
 */
export function recordAttestationCommitment(
  job: JobState,
  round: RoundState,
  held: AttestationCommitmentState | undefined,
  { organisation, statement, envelope }: Stated<'round.commit'>,
  { at, transaction }: Moment,
): { state: AttestationCommitmentState; receipt: Receipt; record?: CommitmentRecord } {
  const { by, jti, commitment } = statement;
  verifyMember(job, organisation);
  if (!commitsAttestations(job.terms)) {
    throw new MusterError('ERR_COMMITMENT_UNASKED', { job: job.job, of: 'attestation' });
  }
  if (held !== undefined) {
    if (held.commitment !== commitment) {
      throw new MusterError('ERR_COMMITMENT_DUPLICATE', { by: held.by, commitment, recorded: held.commitment });
    }
    const { jti: first, by: whose, at: then, transaction: where } = held;
    return { state: held, receipt: { jti: first, by: whose, at: then, transaction: where, duplicate: true } };
  }
  verifySealing(round, true);
  verifyStatus(job, 'approved');
  verifyNotBefore(round, round.closedAt as number, at);
  verifyBefore(round, round.attestationCommitsUntil as number, at);
  return {
    state: { v: 1, organisation, by, jti, commitment, at, transaction },
    receipt: { jti, by, at, transaction },
    record: commitmentRecord(statement, envelope.certificate, { at, transaction }),
  };
}
