// One call of the chaincode, decided again on the state it met: its answer, and all that it writes and tells.

import { canonicalise, type Moment } from '@muster/protocol';
import { endorsementPolicy } from './endorsement-policy.ts';
import { FUNCTIONS, replayActs, type Replayed } from './replay-acts.ts';
import { ReplayedLedger, type ReadState } from './replayed-ledger.ts';

export interface Call {
  readonly read: ReadState;
  /** MSP of whoever signed the transaction */
  readonly creator: string;
  readonly moment: Moment;
  /** `<contract>:<function>` */
  readonly fn: string;
  readonly argument: string;
}

export interface Outcome {
  readonly acts: readonly Replayed[];
  /** canonical JSON */
  readonly answer: string;
  /** canonical JSON by composite key */
  readonly values: ReadonlyMap<string, string>;
  /** encoded endorsement policies by composite key */
  readonly policies: ReadonlyMap<string, Buffer>;
  /** payload of the Fabric event */
  readonly event: string | undefined;
}

/**
 * Decides a call again.
 * @returns undefined for a function that is not among those that write
 * @throws what a single act is refused with
 */
export function replayCall({ read, creator, moment, fn, argument }: Call): Outcome | undefined {
  const known = Object.hasOwn(FUNCTIONS, fn) ? FUNCTIONS[fn] : undefined;
  if (known === undefined) return undefined;
  const ledger = new ReplayedLedger(read, creator, moment);
  const { answer, acts } = replayActs(ledger, known, argument);
  const { values, policies, event } = ledger.writes();
  const encoded = [...policies].map(
    ([key, { needed, organisations }]) => [key, endorsementPolicy(needed, organisations)] as const,
  );
  return { acts, answer: canonicalise(answer), values, policies: new Map(encoded), event };
}
