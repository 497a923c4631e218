// From what the chaincode returned to what became of each envelope.

import { decodeVerdicts, type Receipt, type Stater, type Verdict } from '@muster/protocol';
import type { Outcome } from '../submissions/submission.ts';

function ofVerdict(verdict: Verdict): Outcome {
  return verdict.ok ? { status: 'recorded', receipt: verdict.receipt } : { status: 'refused', error: verdict.error };
}

/** A receipt, and whatever else the act resulted in: the id of a proposed job. */
function ofReceipt({ jti, by, at, transaction, duplicate, ...result }: Receipt): Outcome {
  const receipt: Receipt = { jti, by, at, transaction, ...(duplicate === undefined ? {} : { duplicate }) };
  return Object.keys(result).length === 0 ? { status: 'recorded', receipt } : { status: 'recorded', receipt, result };
}

/**
 * Outcomes of a transaction's envelopes, in their order.
 * @throws TypeError where the chaincode's answer does not fit the question
 */
export function outcomesOf(coalesced: boolean, result: string, staters: readonly Stater[]): Outcome[] {
  if (!coalesced) return [ofReceipt(JSON.parse(result) as Receipt)];
  return decodeVerdicts(result, staters).map(ofVerdict);
}
