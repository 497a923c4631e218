// commit: an agent commits to its sealed update, a validator to its sealed attestation, once.

import {
  keys,
  recordAttestationCommitment,
  recordCommitment,
  updatePages,
  type JobState,
  type Receipt,
  type RoundState,
  type Stated,
} from '@muster/protocol';
import { accept } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { loadRound } from './load.ts';

type Commit = (ledger: Ledger, job: JobState, round: RoundState, stated: Stated<'round.commit'>) => Promise<Receipt>;

/** By what is committed to. Both are told by the transaction's envelopes and verdicts, as updates are. */
const commits: Record<Stated<'round.commit'>['statement']['of'], Commit> = {
  async update(ledger, job, round, stated) {
    const key = keys.commitments(job.job, round.round, stated.organisation, stated.name, updatePages(job.terms));
    const recorded = recordCommitment(job, round, await ledger.get(key), stated, ledger.moment);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
  async attestation(ledger, job, round, stated) {
    const key = keys.attestationCommitment(job.job, round.round, stated.organisation);
    const recorded = recordAttestationCommitment(job, round, await ledger.get(key), stated, ledger.moment);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
};

/** @throws ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN, and what accept, recordCommitment and recordAttestationCommitment throw */
export async function commit(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'round.commit', envelope);
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  return commits[stated.statement.of](ledger, job, round, stated);
}
