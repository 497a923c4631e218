// vote: an organisation's one vote on a job. The deciding one opens the first round.

import { keys, voteJob, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import type { Ledger } from '../ledger.ts';
import { loadJob } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, and what accept and voteJob throw */
export async function vote(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'job.vote', envelope);
  const before = await loadJob(ledger, stated.statement.job);
  const { job, opened, events } = voteJob(before, stated, ledger.moment);
  ledger.put(keys.job(job.job), job);
  if (opened !== undefined) {
    const pointer = keys.model(job.job);
    ledger.put(pointer, opened.model);
    // from here on no one moves the model without the peers of so many organisations
    ledger.setEndorsement(pointer, job.terms.quorum.attestations, job.terms.organisations);
    ledger.put(keys.round(job.job, opened.round.round), opened.round);
  }
  ledger.emit(events);
  return receipt(ledger, stated);
}
