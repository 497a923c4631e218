// Jobs: proposed, voted on, approved or rejected.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, stated, TERMS } from '../../../test/support/states.ts';
import { base64url, sha256 } from '../bytes/digest.ts';
import type { JobState } from '../ledger/state.ts';
import { jobIdOf, proposeJob, verifyMember, voteJob, type VoteOutcome } from './job.ts';

const NOW = { at: 5000, transaction: 'tx' };
const JTI = base64url(sha256('proposal'));
const proposal = (by = 'navy/officer', terms = TERMS): ReturnType<typeof stated<'job.propose'>> =>
  stated('job.propose', by, { terms, jti: JTI });
const proposed = proposeJob(undefined, proposal(), NOW).state;
const vote = (job: JobState, by: string, verdict: 'approve' | 'reject', jti = `vote of ${by}`): VoteOutcome =>
  voteJob(job, stated('job.vote', by, { job: job.job, verdict, jti }), NOW);

describe('proposing a job', () => {
  test('gives it the id of its proposal', () => {
    expect(proposed).toMatchObject({ job: jobIdOf(JTI), status: 'proposed', proposedBy: 'navy/officer', votes: {} });
    expect(proposed.job).toMatch(/^[0-9a-f]{32}$/);
    expect(sha256('proposal').toString('hex').startsWith(proposed.job)).toBe(true);
  });

  test.each([
    ['twice', 'ERR_JOB_EXISTS', () => proposeJob(proposed, proposal(), NOW)],
    [
      'with terms at odds',
      'ERR_JOB_TERMS',
      () => proposeJob(undefined, proposal('navy/officer', { ...TERMS, organisations: [] }), NOW),
    ],
    ['by an organisation outside it', 'ERR_JOB_OUTSIDER', () => proposeJob(undefined, proposal('space/officer'), NOW)],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('voting on a job', () => {
  test('approves it with the quorum and opens its first round', () => {
    const first = vote(proposed, 'air/officer', 'approve');
    expect(first.job.status).toBe('proposed');
    expect(first.opened).toBeUndefined();
    expect(first.events.map(({ type }) => type)).toEqual(['job.voted']);
    const { job, opened, events } = vote(first.job, 'navy/officer', 'approve');
    expect(job.status).toBe('approved');
    expect(opened?.model).toMatchObject({ round: 1, finalised: 0, model: TERMS.base, from: 0 });
    expect(opened?.round).toMatchObject({ round: 1, phase: 'open', openedAt: 5000, updatesUntil: 6000 });
    expect(events.map(({ type }) => type)).toEqual(['job.voted', 'job.approved', 'round.opened']);
  });

  test('rejects it as soon as the quorum cannot be reached any more', () => {
    const first = vote(proposed, 'air/officer', 'reject');
    expect(first.job.status).toBe('proposed');
    const { job, opened, events } = vote(first.job, 'navy/officer', 'reject');
    expect(job.status).toBe('rejected');
    expect(opened).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['job.voted', 'job.rejected']);
  });

  const once = vote(proposed, 'air/officer', 'approve').job;
  test.each([
    ['from outside', 'ERR_JOB_OUTSIDER', () => vote(proposed, 'space/officer', 'approve')],
    ['by the same envelope', 'ERR_ENVELOPE_REPLAYED', () => vote(once, 'air/officer', 'approve')],
    ['by a second officer of the organisation', 'ERR_VOTE_DUPLICATE', () => vote(once, 'air/deputy', 'reject')],
    ['once it is decided', 'ERR_JOB_STATUS', () => vote(APPROVED, 'air/officer', 'approve')],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });

  test('is possible for an organisation called constructor', () => {
    const job = { ...proposed, terms: { ...TERMS, organisations: ['air', 'constructor'] } };
    expect(vote(job, 'constructor/officer', 'approve').job.votes.constructor).toMatchObject({ verdict: 'approve' });
    expect(() => verifyMember(job, 'constructor')).not.toThrow();
  });
});
