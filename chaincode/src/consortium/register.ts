// register: an organisation enters the consortium and pins its CA roots.

import { keys, readStatement, registerOrganisation, type Receipt } from '@muster/protocol';
import { receipt, repeatedReceipt } from '../accept.ts';
import type { Ledger } from '../ledger.ts';

/** @throws what readStatement and registerOrganisation throw */
export async function register(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = readStatement('consortium.register', envelope);
  const key = keys.organisation(stated.statement.organisation);
  const { state, events } = registerOrganisation(await ledger.get(key), stated, ledger.creator, ledger.moment);
  if (events.length === 0) return repeatedReceipt(ledger, stated, state.at);
  ledger.put(key, state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
