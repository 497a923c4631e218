// Reads of jobs.

import { keys, MusterError, type JobState } from '@muster/protocol';
import type { Ledger } from '../ledger.ts';

/** @throws ERR_JOB_UNKNOWN */
export async function loadJob(ledger: Ledger, job: string): Promise<JobState> {
  const state = await ledger.get(keys.job(job));
  if (state === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job });
  return state;
}
