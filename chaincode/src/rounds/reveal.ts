// reveal: the commitments are in, and the updates may be shown.

import { keys, revealRound, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadCommitments, loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept and revealRound throw */
export async function reveal(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.reveal', envelope);
  const job = await loadJobOf(ledger, stated.statement.job, stated.organisation);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const { state, events } = revealRound(job, round, await loadCommitments(ledger, job, round), ledger.moment);
  ledger.put(keys.round(job.job, round.round), state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
