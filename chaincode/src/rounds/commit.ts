// commit: an agent commits to its sealed update, once.

import { keys, recordCommitment, updatePages, type Receipt } from '@muster/protocol';
import { accept } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, and what accept and recordCommitment throw */
export async function commit(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.commit', envelope);
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const key = keys.commitments(job.job, round.round, stated.organisation, stated.name, updatePages(job.terms));
  const recorded = recordCommitment(job, round, await ledger.get(key), stated, ledger.moment);
  // told by the transaction's envelopes and verdicts, as updates are
  if (recorded.record !== undefined) ledger.put(key, recorded.state);
  return recorded.receipt;
}
