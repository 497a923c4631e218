// record: an agent's update enters the round, once.

import { keys, recordUpdate, updatePages, type Receipt } from '@muster/protocol';
import { accept } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, and what accept and recordUpdate throw */
export async function record(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.update', envelope);
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const place = [job.job, round.round, stated.organisation, stated.name, updatePages(job.terms)] as const;
  const key = keys.updates(...place);
  const committed =
    job.terms.commitments?.updatesMs === undefined ? undefined : await ledger.get(keys.commitments(...place));
  const recorded = recordUpdate(job, round, await ledger.get(key), stated, ledger.moment, committed);
  // told by the transaction's envelopes and verdicts (protocol's eventsOf), so not again by an event
  if (recorded.record !== undefined) ledger.put(key, recorded.state);
  return recorded.receipt;
}
