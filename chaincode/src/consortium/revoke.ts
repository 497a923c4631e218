// revoke: an officer takes a certificate of the own organisation out of use.

import { keys, revoke as decide, type Enrolment, type Receipt } from '@muster/protocol';
import { accept, receipt, repeatedReceipt } from '../accept.ts';
import type { Ledger } from '../ledger.ts';

/** @throws ERR_CERTIFICATE_UNKNOWN, and what accept throws */
export async function revoke(ledger: Ledger, envelope: string): Promise<Receipt> {
  const stated = await accept(ledger, 'consortium.revoke', envelope);
  const key = keys.roster(stated.organisation, stated.statement.certificate);
  const { state, events } = decide(await ledger.get(key), stated, ledger.moment);
  if (events.length === 0) {
    const { revoked } = state.certificates[stated.statement.certificate] as Required<Enrolment>;
    return repeatedReceipt(ledger, stated, revoked.at);
  }
  ledger.put(key, state);
  ledger.emit(events);
  return receipt(ledger, stated);
}
