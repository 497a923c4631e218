// close: no further update enters the round.

import { closeRound, keys, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadCommitments, loadRoots, loadRound, loadUpdates } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept and closeRound throw */
export async function close(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.close', envelope);
  const job = await loadJobOf(ledger, stated.statement.job, stated.organisation);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const updates = await loadUpdates(ledger, job, round);
  const committed = await loadCommitments(ledger, job, round);
  const roots = await loadRoots(ledger, job, round);
  const { state, events } = closeRound(job, round, updates, ledger.moment, { committed, roots });
  ledger.put(keys.round(job.job, round.round), state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
