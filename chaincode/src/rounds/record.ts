// record: agents' updates enter their rounds, each once.

import {
  keys,
  recordUpdate,
  updatePages,
  type JobState,
  type Key,
  type Receipt,
  type Stated,
  type Verdicts,
} from '@muster/protocol';
import { authenticateAll, isStated, judge, openAll } from '../accept.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { fetchRounds, loadRound } from './load.ts';

/** Where the update of an agent is recorded, and where its commitment is, if the job has them. */
function placesOf(
  { terms }: JobState,
  { organisation, name, statement: { job, round } }: Stated<'round.update'>,
): { updates: Key<'updates'>; commitments?: Key<'commitments'> } {
  const place = [job, round, organisation, name, updatePages(terms)] as const;
  const updates = keys.updates(...place);
  return terms.commitments?.updatesMs === undefined
    ? { updates }
    : { updates, commitments: keys.commitments(...place) };
}

async function recordOne(ledger: Ledger, stated: Stated<'round.update'>): Promise<Receipt> {
  const job = await loadJob(ledger, stated.statement.job);
  const round = await loadRound(ledger, job.job, stated.statement.round);
  const { updates, commitments } = placesOf(job, stated);
  const committed = commitments && (await ledger.get(commitments));
  const recorded = recordUpdate(job, round, await ledger.get(updates), stated, ledger.moment, committed);
  // told by the transaction's envelopes and verdicts (protocol's eventsOf), so not again by an event
  if (recorded.record !== undefined) ledger.put(updates, recorded.state);
  return recorded.receipt;
}

/**
 * Verdicts on updates: refused are what accept and recordUpdate refuse, and ERR_JOB_UNKNOWN, ERR_ROUND_UNKNOWN.
 * @throws ERR_DOCUMENT_INVALID
 */
export async function record(ledger: Ledger, batch: string): Promise<Verdicts> {
  const opened = await authenticateAll(ledger, openAll('round.update', batch));
  await fetchRounds(ledger, opened.filter(isStated), (job, stated) => Object.values(placesOf(job, stated)));
  return judge(ledger, opened, recordOne);
}
