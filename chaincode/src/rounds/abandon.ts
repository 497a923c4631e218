// abandon: a round whose quorum cannot be met ends without a model.

import { abandonRound, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { endRound } from './end-round.ts';
import { loadAwaited, loadCommitments, loadModel, loadRoots, loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept and abandonRound throw */
export async function abandon(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.abandon', envelope);
  const { job: id, round: number, reason } = stated.statement;
  const job = await loadJobOf(ledger, id, stated.organisation);
  const round = await loadRound(ledger, id, number);
  const pages = await loadAwaited(ledger, job, round);
  const committed = await loadCommitments(ledger, job, round);
  const [pointer, roots] = [await loadModel(ledger, id), await loadRoots(ledger, job, round)];
  endRound(ledger, abandonRound(job, round, pointer, pages, reason, ledger.moment, { committed, roots }));
  return receipt(ledger, stated);
}
