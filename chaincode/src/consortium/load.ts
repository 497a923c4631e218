// Reads of the consortium's state.

import { keys, MusterError, ROSTER_PAGES, type OrganisationState, type RosterState } from '@muster/protocol';
import type { Ledger } from '../ledger.ts';

/** @throws ERR_ORGANISATION_UNKNOWN */
export async function loadOrganisation(ledger: Ledger, organisation: string): Promise<OrganisationState> {
  const state = await ledger.get(keys.organisation(organisation));
  if (state === undefined) throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation });
  return state;
}

/**
 * All certificates of an organisation, from all of its pages.
 * @throws ERR_ORGANISATION_UNKNOWN
 */
export async function loadRoster(ledger: Ledger, organisation: string): Promise<RosterState> {
  await loadOrganisation(ledger, organisation);
  const pages = await Promise.all(
    Array.from({ length: ROSTER_PAGES }, (_, page) => ledger.get(keys.rosterPage(organisation, page))),
  );
  return {
    v: 1,
    certificates: Object.assign({}, ...pages.map((page) => page?.certificates)) as RosterState['certificates'],
  };
}
