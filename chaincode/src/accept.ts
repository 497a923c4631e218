// What acts have in common: who is asking, the receipt, and verdicts where many envelopes share a transaction.

import {
  authenticate,
  decodeBatch,
  isMusterError,
  keys,
  readStatement,
  report,
  shortVerdicts,
  type Act,
  type Receipt,
  type Stated,
  type Verdict,
  type Verdicts,
} from '@muster/protocol';
import type { Ledger } from './ledger.ts';

/**
 * Opens an envelope and authenticates its signer by the roster of the organisation it names.
 * @throws what readStatement and authenticate throw
 */
export async function accept<A extends Act>(ledger: Ledger, act: A, envelope: string): Promise<Stated<A>> {
  const stated = readStatement(act, envelope);
  const roster = await ledger.get(keys.roster(stated.organisation, stated.envelope.certificate));
  authenticate(roster, stated, ledger.moment);
  return stated;
}

/** The receipt of an act that this transaction recorded. */
export function receipt({ moment }: Ledger, { statement: { jti, by } }: Stated<Act>): Receipt {
  return { jti, by, at: moment.at, transaction: moment.transaction };
}

/**
 * The receipt of an act that changed nothing, since the same took effect before: `at` is of then, the transaction this one,
 * for the state of a consortium keeps times and no transactions.
 */
export function repeatedReceipt(ledger: Ledger, stated: Stated<Act>, since: number): Receipt {
  return { ...receipt(ledger, stated), at: since, duplicate: true };
}

/**
 * Gives each of many envelopes its own verdict: one that is refused does not stop the others. An act must throw before its
 * first write. What is not a refusal is a defect, and fails the transaction.
 * @param batch compact JWS, up to 1000, as the protocol's encodeBatch writes them
 * @throws ERR_DOCUMENT_INVALID
 */
export async function judge(
  ledger: Ledger,
  batch: string,
  act: (ledger: Ledger, envelope: string) => Promise<Receipt>,
): Promise<Verdicts> {
  const verdicts: Verdict[] = [];
  // one after the other: each must see what those before it wrote
  for (const envelope of decodeBatch(batch)) {
    try {
      verdicts.push({ ok: true, receipt: await act(ledger, envelope) });
    } catch (error) {
      if (!isMusterError(error)) throw error;
      verdicts.push({ ok: false, error: report(error) });
    }
  }
  return shortVerdicts(ledger.moment, verdicts);
}
