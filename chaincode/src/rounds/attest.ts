// attest: an organisation's validator says which model the recorded updates make.

import { attestRound, commitsAttestations, keys, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, and what accept and attestRound throw */
export async function attest(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.attest', envelope);
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const key = keys.attestation(job.job, round.round, stated.organisation);
  const committed = commitsAttestations(job.terms)
    ? await ledger.get(keys.attestationCommitment(job.job, round.round, stated.organisation))
    : undefined;
  const { state, events } = attestRound(job, round, await ledger.get(key), stated, ledger.moment, committed);
  ledger.put(key, state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
