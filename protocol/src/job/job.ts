// Rules of a job: proposed by one, approved by m of n organisations, then its first round opens.

import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { JobState, ModelState, RoundState, Vote } from '../ledger/state.ts';
import { openNext } from '../round/open.ts';
import type { Stated } from '../statements.ts';
import { verifyTerms } from './terms.ts';

/** The id of a job: the first 128 bits of its proposal's jti, which is the proposal's digest. */
export function jobIdOf(jti: string): string {
  return Buffer.from(jti, 'base64url').subarray(0, 16).toString('hex');
}

/**
 * Checks that an organisation takes part in a job.
 * @throws ERR_JOB_OUTSIDER
 */
export function verifyMember(job: JobState, organisation: string): void {
  if (!job.terms.organisations.includes(organisation)) {
    throw new MusterError('ERR_JOB_OUTSIDER', { job: job.job, organisation });
  }
}

/**
 * Checks a job's status.
 * @throws ERR_JOB_STATUS
 */
export function verifyStatus(job: JobState, expected: JobState['status']): void {
  if (job.status !== expected) throw new MusterError('ERR_JOB_STATUS', { job: job.job, status: job.status, expected });
}

/**
 * Proposes a job. The proposer has been authenticated.
 * @throws ERR_JOB_EXISTS, ERR_JOB_TERMS, ERR_JOB_OUTSIDER
 */
export function proposeJob(
  existing: JobState | undefined,
  stated: Stated<'job.propose'>,
  { at }: Moment,
): { state: JobState; events: LedgerEvent[] } {
  const { terms, jti, by } = stated.statement;
  const job = jobIdOf(jti);
  if (existing !== undefined) throw new MusterError('ERR_JOB_EXISTS', { job });
  verifyTerms(terms);
  const state: JobState = { v: 1, job, terms, status: 'proposed', proposedBy: by, proposedAt: at, votes: {} };
  verifyMember(state, stated.organisation);
  return { state, events: [event('job.proposed', state)] };
}

/** Approved as soon as m approve; rejected as soon as m no longer can. */
function outcome({ terms, votes }: JobState): JobState['status'] {
  const cast = Object.values(votes);
  const approvals = cast.filter(({ verdict }) => verdict === 'approve').length;
  if (approvals >= terms.quorum.approvals) return 'approved';
  const open = terms.organisations.length - cast.length;
  return approvals + open < terms.quorum.approvals ? 'rejected' : 'proposed';
}

/** What a vote changes; model and round only where it decides for the job. */
export interface VoteOutcome {
  readonly job: JobState;
  readonly opened?: { readonly model: ModelState; readonly round: RoundState };
  readonly events: LedgerEvent[];
}

/**
 * Casts an organisation's one vote. The officer has been authenticated.
 * @throws ERR_JOB_OUTSIDER, ERR_ENVELOPE_REPLAYED, ERR_VOTE_DUPLICATE, ERR_JOB_STATUS
 */
export function voteJob(job: JobState, stated: Stated<'job.vote'>, moment: Moment): VoteOutcome {
  const { organisation } = stated;
  const { by, verdict, jti } = stated.statement;
  verifyMember(job, organisation);
  // an organisation may be called what objects inherit: `constructor` is a name
  const cast = Object.hasOwn(job.votes, organisation) ? job.votes[organisation] : undefined;
  if (cast?.jti === jti) throw new MusterError('ERR_ENVELOPE_REPLAYED', { jti });
  if (cast !== undefined) throw new MusterError('ERR_VOTE_DUPLICATE', { job: job.job, organisation });
  verifyStatus(job, 'proposed');
  const vote: Vote = { by, verdict, at: moment.at, jti };
  const voted: JobState = { ...job, votes: { ...job.votes, [organisation]: vote } };
  const state: JobState = { ...voted, status: outcome(voted) };
  const events = [event('job.voted', { ...vote, job: job.job, organisation })];
  if (state.status === 'rejected') events.push(event('job.rejected', state));
  if (state.status !== 'approved') return { job: state, events };
  const base: ModelState = {
    v: 1,
    job: job.job,
    round: 0,
    finalised: 0,
    abandoned: 0,
    model: job.terms.base,
    from: 0,
  };
  const opened = openNext(state, base, moment);
  return { job: state, opened, events: [...events, event('job.approved', state), event('round.opened', opened.round)] };
}
