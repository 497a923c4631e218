// settle: what an ended round says of an organisation's agents enters their reputations.

import { reputationPageKeys, settleRound, type AttestationState, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import { getAll, type Ledger } from '../ledger.ts';
import { loadAttestations, loadRound, loadUpdates } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept and settleRound throw */
export async function settle(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.settle', envelope);
  const { job: id, round: number, organisation } = stated.statement;
  const job = await loadJobOf(ledger, id, stated.organisation);
  const round = await loadRound(ledger, id, number);
  // those that agreed are there: without them the round would not have been finalised
  const attestations = (await loadAttestations(ledger, round, round.attestedBy ?? [])) as AttestationState[];
  const reputations = reputationPageKeys(job.terms, id, organisation);
  const held = await getAll(ledger, reputations);
  const ended = { pages: await loadUpdates(ledger, job, round), attestations };
  const { pages, events } = settleRound(job, round, ended, held, stated, ledger.moment);
  reputations.forEach((key, page) => {
    const state = pages[page];
    if (state !== undefined) ledger.put(key, state);
  });
  ledger.emit(events);
  return receipt(ledger, stated);
}
