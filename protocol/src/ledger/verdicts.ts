// Verdicts on many envelopes of one transaction, as the chaincode answers them: what is the same for all is said once, and
// what an envelope says itself is not said again. The answer is endorsed, ordered and stored with every transaction.

import { canonicalise } from '../bytes/canonical.ts';
import type { Moment } from '../consortium/consortium.ts';
import type { ErrorReport } from '../errors.ts';
import type { Receipt, Verdict } from '../round/record.ts';

/** The first time of what was recorded before. */
type First = Pick<Receipt, 'jti' | 'at' | 'transaction'>;
type Short = { readonly ok: true; readonly first?: First } | { readonly ok: false; readonly error: ErrorReport };

/** The answer of a function that takes many envelopes, in their order. */
export interface Verdicts extends Moment {
  readonly v: 1;
  readonly verdicts: readonly Short[];
}

/** Who stated what: what a receipt repeats of its envelope. */
export type Stater = Pick<Receipt, 'jti' | 'by'>;

function shorten(verdict: Verdict): Short {
  if (!verdict.ok) return verdict;
  const { jti, at, transaction, duplicate } = verdict.receipt;
  return duplicate === undefined ? { ok: true } : { ok: true, first: { jti, at, transaction } };
}

/** The answer to many envelopes of a transaction. */
export function shortVerdicts({ at, transaction }: Moment, verdicts: readonly Verdict[]): Verdicts {
  return { v: 1, at, transaction, verdicts: verdicts.map(shorten) };
}

/** The canonical text of {@link shortVerdicts}. */
export function encodeVerdicts(moment: Moment, verdicts: readonly Verdict[]): string {
  return canonicalise(shortVerdicts(moment, verdicts));
}

/**
 * Reads an answer; it comes from endorsers or a validated block.
 * @param staters of the envelopes that were asked about, in their order
 * @throws TypeError where the answer does not fit the question
 */
export function decodeVerdicts(answer: string, staters: readonly Stater[]): Verdict[] {
  const { at, transaction, verdicts } = JSON.parse(answer) as Partial<Verdicts>;
  if (verdicts?.length !== staters.length || at === undefined || transaction === undefined) {
    throw new TypeError(`the answer has no ${staters.length} verdicts`);
  }
  return staters.map(({ jti, by }, i) => {
    const short = verdicts[i] as Short;
    if (!short.ok) return short;
    const { first } = short;
    const receipt: Receipt = first === undefined ? { jti, by, at, transaction } : { ...first, by, duplicate: true };
    return { ok: true, receipt };
  });
}
