// record: an agent's update enters the round, once.

import { isControlled } from '../aggregate/scaffold.ts';
import type { Moment } from '../consortium/consortium.ts';
import { envelopeDigest } from '../envelope/envelope.ts';
import { MusterError, type ErrorReport } from '../errors.ts';
import { verifyMember, verifyStatus } from '../job/job.ts';
import type { Terms } from '../job/terms.ts';
import { updatesPerPage } from '../ledger/keys.ts';
import type { CommitmentsState, JobState, RoundState, UpdateRecord, UpdatesState } from '../ledger/state.ts';
import type { Act } from '../envelope/acts.ts';
import type { Stated, Statement } from '../statements.ts';
import { commitmentOn } from './commitments-page.ts';
import { verifyBefore, verifyNotBefore, verifyPhase } from './open.ts';
import { verifySelected } from './sortition.ts';
import { addEntry, emptyPage, entryOn } from './updates-page.ts';

/** What the ledger answers to one envelope. */
export interface Receipt {
  readonly jti: string;
  readonly by: string;
  readonly at: number;
  readonly transaction: string;
  /** set where the same was recorded before: of an update this is the receipt of then, of other acts `at` is of then */
  readonly duplicate?: true;
}

/** The fate of one envelope among many in one transaction. */
export type Verdict =
  { readonly ok: true; readonly receipt: Receipt } | { readonly ok: false; readonly error: ErrorReport };

function verifyLimits(
  { limits }: JobState['terms'],
  { update, examples, dataset }: Stated<'round.update'>['statement'],
): void {
  const within = (field: string, value: number, limit: number): void => {
    if (value > limit) throw new MusterError('ERR_UPDATE_LIMIT', { field, value, limit });
  };
  within('update.size', update.size, limits.updateBytes);
  within('examples', examples, limits.examples);
  // nobody trains on more examples than the data set committed to holds
  within('examples', examples, dataset.size);
}

/** Where a round has commitments, an agent reveals the envelope that it committed to, and no other. */
function verifyCommitted(page: CommitmentsState | undefined, { name, envelope, statement: { by } }: Stated<Act>): void {
  const committed = page === undefined ? undefined : commitmentOn(page, name);
  if (committed === undefined) throw new MusterError('ERR_COMMITMENT_MISSING', { by });
  const { commitment } = committed;
  const digest = envelopeDigest(envelope);
  if (digest !== commitment) throw new MusterError('ERR_COMMITMENT_MISMATCH', { by, envelope: digest, commitment });
}

/** What an update must state that it was trained by, beside the base model: a gateway that showed another carry is found out. */
export function trainedBy({ rule }: Pick<Terms, 'rule'>, { baseCarry }: RoundState): string | undefined {
  return isControlled(rule) ? baseCarry?.digest : undefined;
}

function verifyCarry({ terms }: JobState, round: RoundState, carry = 'absent'): void {
  const expected = trainedBy(terms, round) ?? 'absent';
  if (carry !== expected) throw new MusterError('ERR_ROUND_CARRY', { carry, expected });
}

/** What is known of an update once it is recorded: what its envelope says, and when and where it was recorded. */
export function updateRecord(
  { by, jti, update, examples, dataset, metrics, privacy }: Statement<'round.update'>,
  certificate: string,
  { at, transaction }: Moment,
): UpdateRecord {
  return { by, certificate, jti, update, examples, dataset, metrics, privacy, at, transaction };
}

/**
 * Records an update. The agent has been authenticated. The same update again gives the first receipt, another is refused.
 * @param held the updates page of the agent, as keys.updates names it
 * @param committed where the job has commitments, the page of the agent's, as keys.commitments names it
 * @throws ERR_JOB_OUTSIDER, ERR_JOB_STATUS, ERR_UPDATE_DUPLICATE, ERR_ROUND_PHASE, ERR_ROUND_LATE, ERR_ROUND_EARLY,
 *   ERR_AGENT_UNSELECTED, ERR_COMMITMENT_MISSING, ERR_COMMITMENT_MISMATCH, ERR_ROUND_BASE, ERR_ROUND_CARRY, ERR_UPDATE_LIMIT,
 *   ERR_ROUND_FULL
 */
export function recordUpdate(
  job: JobState,
  round: RoundState,
  held: UpdatesState | undefined,
  stated: Stated<'round.update'>,
  { at, transaction }: Moment,
  committed?: CommitmentsState,
): { state: UpdatesState; receipt: Receipt; record?: UpdateRecord } {
  const { organisation, name, envelope } = stated;
  const { by, jti, base, carry, update, examples } = stated.statement;
  const page = held ?? emptyPage(organisation);
  verifyMember(job, organisation);
  const recorded = entryOn(page, name);
  if (recorded !== undefined) {
    if (recorded.update.digest !== update.digest) {
      throw new MusterError('ERR_UPDATE_DUPLICATE', { by, digest: update.digest, recorded: recorded.update.digest });
    }
    const { jti: first, at: then, transaction: where } = recorded;
    return { state: page, receipt: { jti: first, by, at: then, transaction: where, duplicate: true } };
  }
  verifyPhase(round, 'open');
  verifyStatus(job, 'approved');
  verifyNotBefore(round, round.revealedAt ?? round.openedAt, at);
  verifyBefore(round, round.updatesUntil, at);
  verifySelected(job.terms, round, stated);
  if (job.terms.commitments?.updatesMs !== undefined) verifyCommitted(committed, stated);
  if (base !== round.base.digest) throw new MusterError('ERR_ROUND_BASE', { base, expected: round.base.digest });
  verifyCarry(job, round, carry);
  verifyLimits(job.terms, stated.statement);
  if (Object.keys(page.updates).length >= updatesPerPage(job.terms)) {
    throw new MusterError('ERR_ROUND_FULL', { organisation, limit: job.terms.limits.updates });
  }
  return {
    state: addEntry(page, name, { jti, update, examples }, { at, transaction }),
    receipt: { jti, by, at, transaction },
    record: updateRecord(stated.statement, envelope.certificate, { at, transaction }),
  };
}
