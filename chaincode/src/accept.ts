// What acts have in common: who is asking, the receipt, and verdicts where many envelopes share a transaction.

import {
  authenticate,
  decodeBatch,
  isMusterError,
  keys,
  MusterError,
  readStatement,
  report,
  shortVerdicts,
  type Act,
  type Key,
  type Receipt,
  type Stated,
  type Verdict,
  type Verdicts,
} from '@muster/protocol';
import type { Ledger } from './ledger.ts';

function rosterOf({ organisation, envelope }: Stated<Act>): Key<'roster'> {
  return keys.roster(organisation, envelope.certificate);
}

/** What is stated, with what its signer's certificate says of it. @throws what authenticate throws */
async function authenticated<A extends Act>(ledger: Ledger, stated: Stated<A>): Promise<Stated<A>> {
  return { ...stated, holder: authenticate(await ledger.get(rosterOf(stated)), stated, ledger.moment) };
}

/**
 * Opens an envelope and authenticates its signer by the roster of the organisation it names.
 * @throws what readStatement and authenticate throw
 */
export async function accept<A extends Act>(ledger: Ledger, act: A, envelope: string): Promise<Stated<A>> {
  return authenticated(ledger, readStatement(act, envelope));
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

/** An envelope of many, opened: what it states, or why it is refused. */
export type Opened<A extends Act> = Stated<A> | MusterError;

export const isStated = <A extends Act>(opened: Opened<A>): opened is Stated<A> => !(opened instanceof MusterError);

/** What is not a refusal is a defect, and fails the transaction. */
function refusalIn(error: unknown): MusterError {
  if (!isMusterError(error)) throw error;
  return error;
}

/**
 * Opens the envelopes of a batch, each for itself.
 * @param batch compact JWS, up to 1000, as the protocol's encodeBatch writes them
 * @throws ERR_DOCUMENT_INVALID
 */
export function openAll<A extends Act>(act: A, batch: string): Opened<A>[] {
  return decodeBatch(batch).map((envelope) => {
    try {
      return readStatement(act, envelope);
    } catch (error) {
      return refusalIn(error);
    }
  });
}

/** Authenticates the signers of opened envelopes, as {@link accept} does; rosters are asked for at once. */
export async function authenticateAll<A extends Act>(
  ledger: Ledger,
  opened: readonly Opened<A>[],
): Promise<Opened<A>[]> {
  await ledger.fetch(opened.filter(isStated).map(rosterOf));
  const accepted: Opened<A>[] = [];
  for (const stated of opened) {
    try {
      accepted.push(isStated(stated) ? await authenticated(ledger, stated) : stated);
    } catch (error) {
      accepted.push(refusalIn(error));
    }
  }
  return accepted;
}

/** Gives each of many envelopes its own verdict: one that is refused does not stop the others. An act must throw before its first write. */
export async function judge<A extends Act>(
  ledger: Ledger,
  opened: readonly Opened<A>[],
  act: (ledger: Ledger, stated: Stated<A>) => Promise<Receipt>,
): Promise<Verdicts> {
  const verdicts: Verdict[] = [];
  // one after the other: each must see what those before it wrote
  for (const stated of opened) {
    try {
      if (!isStated(stated)) throw stated;
      verdicts.push({ ok: true, receipt: await act(ledger, stated) });
    } catch (error) {
      verdicts.push({ ok: false, error: report(refusalIn(error)) });
    }
  }
  return shortVerdicts(ledger.moment, verdicts);
}
