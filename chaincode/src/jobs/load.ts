// Reads of jobs.

import { keys, MusterError, verifyMember, type JobState } from '@muster/protocol';
import type { Ledger } from '../ledger.ts';

/** @throws ERR_JOB_UNKNOWN */
export async function loadJob(ledger: Ledger, job: string): Promise<JobState> {
  const state = await ledger.get(keys.job(job));
  if (state === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job });
  return state;
}

/**
 * A job, for an act of an organisation: it must be one of the job's.
 * @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER
 */
export async function loadJobOf(ledger: Ledger, job: string, organisation: string): Promise<JobState> {
  const state = await loadJob(ledger, job);
  verifyMember(state, organisation);
  return state;
}
