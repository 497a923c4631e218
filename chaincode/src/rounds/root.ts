// root: an organisation's validator records what it trained on the job's root data, once.

import { keys, recordRoot, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, and what accept and recordRoot throw */
export async function root(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.root', envelope);
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const key = keys.root(job.job, round.round, stated.organisation);
  const { state, events } = recordRoot(job, round, await ledger.get(key), stated, ledger.moment);
  ledger.put(key, state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
