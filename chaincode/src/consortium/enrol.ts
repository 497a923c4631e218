// enrol: holders of certificates present them; from then on they count.

import { enrol as decide, keys, type Enrolment, type Receipt, type Stated, type Verdicts } from '@muster/protocol';
import { isStated, judge, openAll, receipt, repeatedReceipt } from '../accept.ts';
import type { Ledger } from '../ledger.ts';
import { loadOrganisation } from './load.ts';

async function enrolOne(ledger: Ledger, stated: Stated<'consortium.enrol'>): Promise<Receipt> {
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

/**
 * Verdicts on enrolments: refused are what readStatement and the protocol's enrol refuse, and ERR_ORGANISATION_UNKNOWN.
 * @throws ERR_DOCUMENT_INVALID
 */
export async function enrol(ledger: Ledger, batch: string): Promise<Verdicts> {
  const opened = openAll('consortium.enrol', batch);
  await ledger.fetch(
    opened
      .filter(isStated)
      .flatMap(({ organisation, envelope }) => [
        keys.organisation(organisation),
        keys.roster(organisation, envelope.certificate),
      ]),
  );
  return judge(ledger, opened, enrolOne);
}
