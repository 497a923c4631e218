// commit: an agent commits to its sealed update, a validator to its sealed attestation, while nobody can read it. Its signature makes the digest hiding, SHA-256 makes
// it binding; there is no salt to keep.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { verifyMember, verifyStatus } from '../job/job.ts';
import { updatesPerPage } from '../ledger/keys.ts';
import type { CommitmentRecord, CommitmentsState, JobState, RoundState } from '../ledger/state.ts';
import type { Stated, Statement } from '../statements.ts';
import { addCommitment, commitmentOn, emptyCommitments } from './commitments-page.ts';
import { verifyBefore, verifyNotBefore, verifyPhase } from './open.ts';
import type { Receipt } from './record.ts';
import { verifySelected } from './sortition.ts';

/** What is known of a commitment once it is recorded. */
export function commitmentRecord(
  { of, by, jti, commitment }: Statement<'round.commit'>,
  certificate: string,
  { at, transaction }: Moment,
): CommitmentRecord {
  return { of, by, certificate, jti, commitment, at, transaction };
}

/**
 * Records a commitment to an update. The agent has been authenticated. The same again gives the first receipt, another is
 * refused: who could choose among several after reading others' would not be committed.
 * @param held the commitments page of the agent, as keys.commitments names it
 * @throws ERR_JOB_OUTSIDER, ERR_COMMITMENT_UNASKED, ERR_COMMITMENT_DUPLICATE, ERR_ROUND_PHASE, ERR_JOB_STATUS,
 *   ERR_ROUND_EARLY, ERR_ROUND_LATE, ERR_AGENT_UNSELECTED, ERR_ROUND_FULL
 */
export function recordCommitment(
  job: JobState,
  round: RoundState,
  held: CommitmentsState | undefined,
  stated: Stated<'round.commit'>,
  { at, transaction }: Moment,
): { state: CommitmentsState; receipt: Receipt; record?: CommitmentRecord } {
  const { organisation, name, envelope } = stated;
  const { by, jti, commitment } = stated.statement;
  const page = held ?? emptyCommitments(organisation);
  verifyMember(job, organisation);
  if (job.terms.commitments?.updatesMs === undefined) {
    throw new MusterError('ERR_COMMITMENT_UNASKED', { job: job.job, of: 'update' });
  }
  const recorded = commitmentOn(page, name);
  if (recorded !== undefined) {
    if (recorded.commitment !== commitment) {
      throw new MusterError('ERR_COMMITMENT_DUPLICATE', { by, commitment, recorded: recorded.commitment });
    }
    const { jti: first, at: then, transaction: where } = recorded;
    return { state: page, receipt: { jti: first, by, at: then, transaction: where, duplicate: true } };
  }
  verifyPhase(round, 'committing');
  verifyStatus(job, 'approved');
  verifyNotBefore(round, round.openedAt, at);
  verifySelected(job.terms, round, stated);
  verifyBefore(round, round.commitsUntil as number, at);
  if (Object.keys(page.commitments).length >= updatesPerPage(job.terms)) {
    throw new MusterError('ERR_ROUND_FULL', { organisation, limit: job.terms.limits.updates });
  }
  return {
    state: addCommitment(page, name, { jti, commitment }, { at, transaction }),
    receipt: { jti, by, at, transaction },
    record: commitmentRecord(stated.statement, envelope.certificate, { at, transaction }),
  };
}
