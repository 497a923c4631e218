// enrol: the holder of a certificate presents it; from then on it counts.

import { enrol as decide, keys, readStatement, type Enrolment, type Receipt } from '@muster/protocol';
import { receipt, repeatedReceipt } from '../accept.ts';
import type { Ledger } from '../ledger.ts';
import { loadOrganisation } from './load.ts';

/** @throws ERR_ORGANISATION_UNKNOWN, and what readStatement and the protocol's enrol throw */
export async function enrol(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = readStatement('consortium.enrol', envelope);
  const organisation = await loadOrganisation(ledger, stated.organisation);
  const key = keys.roster(stated.organisation, stated.envelope.certificate);
  const { state, events } = decide(organisation, await ledger.get(key), stated, ledger.moment);
  if (events.length === 0) {
    const { at } = state.certificates[stated.envelope.certificate] as Enrolment;
    return repeatedReceipt(ledger, stated, at);
  }
  ledger.put(key, state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
