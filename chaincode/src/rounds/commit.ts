// commit: an agent commits to its sealed update, a validator to its sealed attestation, once.

import {
  keys,
  recordAttestationCommitment,
  recordCommitment,
  updatePages,
  type JobState,
  type Key,
  type Receipt,
  type RoundState,
  type Stated,
  type Verdicts,
} from '@muster/protocol';
import { authenticateAll, isStated, judge, openAll } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { fetchRounds, loadRound } from './load.ts';

type Commit = (ledger: Ledger, job: JobState, round: RoundState, stated: Stated<'round.commit'>) => Promise<Receipt>;
type Target = Stated<'round.commit'>['statement']['of'];

const updateKey = (
  { terms }: JobState,
  { organisation, name, statement }: Stated<'round.commit'>,
): Key<'commitments'> => keys.commitments(statement.job, statement.round, organisation, name, updatePages(terms));
const attestationKey = ({ organisation, statement }: Stated<'round.commit'>): Key<'attestation-commitment'> =>
  keys.attestationCommitment(statement.job, statement.round, organisation);

/** Where it is recorded, by what is committed to. */
const keyOf: Record<Target, (job: JobState, stated: Stated<'round.commit'>) => Key> = {
  update: updateKey,
  attestation: (_job, stated) => attestationKey(stated),
};

/** Both are told by the transaction's envelopes and verdicts, as updates are. */
const commits: Record<Target, Commit> = {
  async update(ledger, job, round, stated) {
    const key = updateKey(job, stated);
    const recorded = recordCommitment(job, round, await ledger.get(key), stated, ledger.moment);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
  async attestation(ledger, job, round, stated) {
    const key = attestationKey(stated);
    const recorded = recordAttestationCommitment(job, round, await ledger.get(key), stated, ledger.moment);
    if (recorded.record !== undefined) ledger.put(key, recorded.state);
    return recorded.receipt;
  },
};

async function commitOne(ledger: Ledger, stated: Stated<'round.commit'>): Promise<Receipt> {
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  return commits[stated.statement.of](ledger, job, round, stated);
}

/**
 * Verdicts on commitments: refused are what accept, recordCommitment and recordAttestationCommitment refuse, and
 * ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN.
 * @throws ERR_DOCUMENT_INVALID
 */
export async function commit(ledger: Ledger, batch: string): Promise<Verdicts> {
  const opened = await authenticateAll(ledger, openAll('round.commit', batch));
  await fetchRounds(ledger, opened.filter(isStated), (job, stated) => [keyOf[stated.statement.of](job, stated)]);
  return judge(ledger, opened, commitOne);
}
