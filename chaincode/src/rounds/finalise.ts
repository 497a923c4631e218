// finalise: m organisations attested one model, so the model pointer moves. A peer endorses only if its own organisation
// is among the agreeing ones: the endorsements in the block are the votes.

import { finaliseRound, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { endRound } from './end-round.ts';
import { loadAttestations, loadBeacons, loadModel, loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept and finaliseRound throw */
export async function finalise(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.finalise', envelope);
  const { job: id, round: number, organisations } = stated.statement;
  const job = await loadJobOf(ledger, id, stated.organisation);
  const round = await loadRound(ledger, id, number);
  const attestations = await loadAttestations(ledger, round, organisations);
  const pointer = await loadModel(ledger, id);
  const beacons = await loadBeacons(ledger, job, round);
  endRound(ledger, finaliseRound(job, round, pointer, attestations, stated, ledger.endorser, ledger.moment, beacons));
  return receipt(ledger, stated);
}
