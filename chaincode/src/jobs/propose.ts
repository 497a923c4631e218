// propose: a job's terms are put to the vote.

import { jobIdOf, keys, proposeJob, type Receipt } from '@muster/protocol';
import { accept, receipt } from '../accept.ts';
import { loadOrganisation } from '../consortium/load.ts';
import type { Ledger } from '../ledger.ts';

/**
 * Terms are checked before the organisations they name are looked up: whoever is not registered could never vote.
 * @throws ERR_ORGANISATION_UNKNOWN, and what accept and proposeJob throw
 */
export async function propose(ledger: Ledger, envelope: string): Promise<Receipt & { readonly job: string }> {
  const stated = await accept(ledger, 'job.propose', envelope);
  const key = keys.job(jobIdOf(stated.statement.jti));
  const { state, events } = proposeJob(await ledger.get(key), stated, ledger.moment);
  await Promise.all(state.terms.organisations.map((organisation) => loadOrganisation(ledger, organisation)));
  ledger.put(key, state);
  ledger.emit(events);
  return { ...receipt(ledger, stated), job: state.job };
}
