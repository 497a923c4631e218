// reveal: the commitments are in, and the updates or the attestations may be shown.

import { keys, revealAttestations, revealRound, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadJobOf } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadAttestationCommitments, loadCommitments, loadRound } from './load.ts';

/** @throws ERR_JOB_UNKNOWN, ERR_JOB_OUTSIDER, ERR_ROUND_UNKNOWN, and what accept, revealRound and revealAttestations throw */
export async function reveal(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.reveal', envelope);
  const job = await loadJobOf(ledger, stated.statement.job, stated.organisation);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const { state, events } =
    stated.statement.of === 'update'
      ? revealRound(job, round, await loadCommitments(ledger, job, round), ledger.moment)
      : revealAttestations(job, round, await loadAttestationCommitments(ledger, job, round), ledger.moment);
  ledger.put(keys.round(job.job, round.round), state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
