// Jobs by a prefix of their id, as a person types it.
import type { Gateway } from '@muster/edge-agent';
import { type JobState, MusterError } from '@muster/protocol';

/**
 * The one job whose id starts so.
 * @throws MusterError ERR_JOB_UNKNOWN where none does, ERR_JOB_AMBIGUOUS where several do
 */
export async function findJob(gateway: Gateway, prefix: string): Promise<JobState> {
  if (prefix.length === 32) return (await gateway.job(prefix)).job;
  const found = (await gateway.jobs()).filter(({ job }) => job.startsWith(prefix));
  const [only] = found;
  if (only === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job: prefix });
  if (found.length > 1) throw new MusterError('ERR_JOB_AMBIGUOUS', { prefix, jobs: found.map(({ job }) => job) });
  return only;
}
