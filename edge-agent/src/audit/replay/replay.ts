// A verified transaction of Muster's chaincode against the rules: same answer, same writes, same policies, same events.

import { msp, type ledger } from '@hyperledger/fabric-protos';
import { EVENT_NAME } from '@muster/protocol';
import { refuse, within } from '../refuse.ts';
import type { Judged } from '../fabric/validate.ts';
import type { Action, Header } from '../fabric/transaction.ts';
import type { WorldState } from '../fabric/world-state.ts';
import type { Replayed } from './replay-acts.ts';
import { replayCall, type Outcome } from './replay-call.ts';
import { readsOf } from './replayed-ledger.ts';

const KEY_POLICY = 'VALIDATION_PARAMETER';

/** A key as a person reads it: `round/2f…/0000001`. */
const readable = (key: string): string => key.split('\u0000').filter(Boolean).join('/');

function compare(
  record: string,
  what: string,
  recorded: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): void {
  for (const [key, value] of expected) {
    const found = recorded.get(key);
    if (found === undefined) refuse(record, `${what} of ${readable(key)} is not written, which the rules ask for`);
    if (found !== value) refuse(record, `${what} of ${readable(key)} is not what the rules give`);
  }
  for (const key of recorded.keys()) {
    if (!expected.has(key)) refuse(record, `${what} of ${readable(key)} is written, which the rules do not ask for`);
  }
}

function compareWrites(
  record: string,
  set: ledger.rwset.kvrwset.KVRWSet | undefined,
  { values, policies }: Outcome,
): void {
  const writes = set?.getWritesList() ?? [];
  if (writes.some((write) => write.getIsDelete())) refuse(record, 'deletes a key, which no rule does');
  const recorded = new Map(
    writes.map((write) => [write.getKey(), Buffer.from(write.getValue_asU8()).toString('utf8')]),
  );
  compare(record, 'the value', recorded, values);
  const metadata = (set?.getMetadataWritesList() ?? []).map((write) => {
    const entries = write.getEntriesList();
    const told = entries.map((entry) => `${entry.getName()} ${Buffer.from(entry.getValue_asU8()).toString('hex')}`);
    return [write.getKey(), told.join()] as const;
  });
  const expected = [...policies].map(([key, policy]) => [key, `${KEY_POLICY} ${policy.toString('hex')}`] as const);
  compare(record, 'the endorsement policy', new Map(metadata), new Map(expected));
}

function compareEvent(record: string, { event, chaincode }: Action, expected: string | undefined): void {
  if (event === undefined && expected === undefined) return;
  if (event?.payload !== expected || event?.name !== EVENT_NAME || event.chaincode !== chaincode) {
    refuse(record, 'its event is not what the rules give');
  }
}

/** A transaction that calls nothing that writes must not write. */
function requireNoWrites(record: string, action: Action): void {
  const set = action.namespaces.find(({ namespace }) => namespace === action.chaincode)?.set;
  if ((set?.getWritesList().length ?? 0) + (set?.getMetadataWritesList().length ?? 0) > 0) {
    refuse(record, `writes by ${action.args[0]?.slice(0, 80) ?? 'no function'}, which this auditor has no rule for`);
  }
}

/**
 * Decides a valid transaction of Muster's chaincode again, on the state before it.
 * @returns its acts; none where it only read
 * @throws ERR_AUDIT_FAILED naming the transaction
 */
export function replayTransaction(state: WorldState, chaincode: string, judged: Judged): readonly Replayed[] {
  const { record } = judged;
  const header = judged.header as Header;
  const action = judged.action as Action;
  const foreign = action.namespaces.find(({ namespace, set, collections }) => {
    const writes = set.getWritesList().length + set.getMetadataWritesList().length + collections.length;
    return namespace !== chaincode && writes > 0;
  });
  if (foreign !== undefined) refuse(record, `writes to ${foreign.namespace} too`);
  const [name = '', ...args] = action.args;
  return within(record, () => {
    const creator = msp.SerializedIdentity.deserializeBinary(header.creator).getMspid();
    const moment = { at: header.at, transaction: header.transaction };
    const outcome = replayCall({ read: readsOf(state, chaincode), creator, moment, fn: name, argument: args[0] ?? '' });
    if (outcome === undefined) {
      requireNoWrites(record, action);
      return [];
    }
    const set = action.namespaces.find(({ namespace }) => namespace === chaincode)?.set;
    compareWrites(record, set, outcome);
    compareEvent(record, action, outcome.event);
    if (outcome.answer !== action.response) refuse(record, 'the chaincode answered otherwise than the rules do');
    return outcome.acts;
  });
}
