// The law has two readers: the chaincode and the auditor. Whatever the chaincode does in a test, the auditor must decide alike.

import { EVENT_NAME } from '../../protocol/src/ledger/events.ts';
import { replayCall } from '../../edge-agent/src/audit/replay/replay-call.ts';
import type { Committed, Proposal } from './memory-stub.ts';
import type { Simulation } from './memory-ledger.ts';

/** Characters of a difference that a person can still read. */
const MOST = 2000;

const hexOf = (map: ReadonlyMap<string, Buffer | null>): string[] =>
  [...map].map(([key, bytes]) => `${key} ${bytes?.toString('hex') ?? 'deleted'}`).sort();

/**
 * Decides a simulated transaction again.
 * @throws Error where the auditor answers, writes or tells otherwise than the chaincode did
 */
export function requireSameReading(
  { state }: Committed,
  { fn, args, creator, at }: Proposal,
  simulation: Simulation,
): void {
  const moment = { at, transaction: simulation.transaction };
  const read = (key: string): string | undefined => state.get(key)?.bytes.toString('utf8');
  const replayed = replayCall({ read, creator: creator.organisation, moment, fn, argument: args[0] ?? '' });
  if (replayed === undefined) return; // a query, or a chaincode of the test's own
  const { answer, values, policies, event } = replayed;
  const again = {
    payload: answer,
    writes: hexOf(new Map([...values].map(([key, text]) => [key, Buffer.from(text)]))),
    policies: hexOf(policies),
    events: event === undefined ? [] : [`${EVENT_NAME} ${event}`],
  };
  const { payload, writes, policies: told, events } = simulation;
  const first = { payload, writes: hexOf(writes), policies: hexOf(told), events };
  if (JSON.stringify(again) !== JSON.stringify(first)) {
    throw new Error(
      `the auditor reads ${fn} otherwise than the chaincode (edge-agent/src/audit/replay/acts.ts):\n` +
        `${JSON.stringify(again).slice(0, MOST)}\n${JSON.stringify(first).slice(0, MOST)}`,
    );
  }
}
