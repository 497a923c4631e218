// A transaction's envelopes, decided again: one act, or many that each get their own verdict.

import { decodeBatch, isMusterError, report, shortVerdicts, type Act, type Verdict } from '@muster/protocol';
import { decide, type Decide } from './acts.ts';
import type { ReplayedLedger } from './replayed-ledger.ts';

/** An act as the ledger recorded or refused it. */
export interface Replayed {
  readonly act: Act;
  readonly envelope: string;
  readonly by: string;
  readonly jti: string;
  /** the code of its refusal among others of a transaction; undefined where it was recorded */
  readonly refused?: string;
}

/** The chaincode's functions that write, and the act of the envelopes they take: one, or a list where `many`. */
export const FUNCTIONS: Readonly<Record<string, { readonly act: Act; readonly many?: true }>> = {
  'consortium:register': { act: 'consortium.register' },
  'consortium:enrol': { act: 'consortium.enrol', many: true },
  'consortium:revoke': { act: 'consortium.revoke' },
  'jobs:propose': { act: 'job.propose' },
  'jobs:vote': { act: 'job.vote' },
  'rounds:commit': { act: 'round.commit', many: true },
  'rounds:reveal': { act: 'round.reveal' },
  'rounds:record': { act: 'round.update', many: true },
  'rounds:root': { act: 'round.root' },
  'rounds:close': { act: 'round.close' },
  'rounds:attest': { act: 'round.attest' },
  'rounds:finalise': { act: 'round.finalise' },
  'rounds:abandon': { act: 'round.abandon' },
  'rounds:settle': { act: 'round.settle' },
};

/**
 * Decides a transaction's envelopes again.
 * @returns the chaincode's answer, and each act; what was written is the ledger's to tell
 * @throws what the rule refuses, where the transaction holds a single act
 */
export function replayActs(
  ledger: ReplayedLedger,
  { act, many }: { readonly act: Act; readonly many?: true },
  argument: string,
): { readonly answer: unknown; readonly acts: readonly Replayed[] } {
  const rule: Decide = decide[act];
  if (many !== true) {
    const result = rule(ledger, argument);
    return { answer: result, acts: [{ act, envelope: argument, by: result.by, jti: result.jti }] };
  }
  const acts: Replayed[] = [];
  const verdicts = decodeBatch(argument).map((envelope): Verdict => {
    try {
      const result = rule(ledger, envelope);
      acts.push({ act, envelope, by: result.by, jti: result.jti });
      return { ok: true, receipt: result };
    } catch (error) {
      if (!isMusterError(error)) throw error;
      acts.push({ act, envelope, by: '', jti: '', refused: error.code });
      return { ok: false, error: report(error) };
    }
  });
  return { answer: shortVerdicts(ledger.moment, verdicts), acts };
}
