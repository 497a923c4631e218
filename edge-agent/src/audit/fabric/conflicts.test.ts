// Tests of reading ranges again: what an earlier transaction of the same block did to them.

import { ledger, peer } from '@hyperledger/fabric-protos';
import { expect, test } from '@jest/globals';
import { conflictOf } from './conflicts.ts';
import type { NamespaceSet } from './transaction.ts';
import { Batch, WorldState } from './world-state.ts';

const { kvrwset } = ledger.rwset;
const { VALID, PHANTOM_READ_CONFLICT } = peer.TxValidationCode;

/** Values by key; an undefined one is a deletion. */
function writes(values: Readonly<Record<string, string | undefined>>): NamespaceSet {
  const set = new kvrwset.KVRWSet();
  for (const [key, value] of Object.entries(values)) {
    const write = new kvrwset.KVWrite();
    write.setKey(key);
    write.setIsDelete(value === undefined);
    write.setValue(Buffer.from(value ?? ''));
    set.addWrites(write);
  }
  return { namespace: 'probe', set, collections: [] };
}

/** The range from `a` to `z`, in which some keys of block 1 were seen. */
function ranged(...keys: readonly string[]): NamespaceSet {
  const query = new kvrwset.RangeQueryInfo();
  query.setStartKey('a');
  query.setEndKey('z');
  query.setItrExhausted(true);
  const reads = new kvrwset.QueryReads();
  for (const key of keys) {
    const version = new kvrwset.Version();
    version.setBlockNum(1);
    version.setTxNum(0);
    const read = new kvrwset.KVRead();
    read.setKey(key);
    read.setVersion(version);
    reads.addKvReads(read);
  }
  query.setRawReads(reads);
  const set = new kvrwset.KVRWSet();
  set.addRangeQueriesInfo(query);
  return { namespace: 'probe', set, collections: [] };
}

test.each([
  ['nothing', {}, VALID],
  ['a deletion of a key that was not there', { d: undefined }, VALID],
  ['a key beyond the range', { z: 'new' }, VALID],
  ['a deletion of a key that was read', { c: undefined }, PHANTOM_READ_CONFLICT],
  ['a new value of a key that was read', { c: 'new' }, PHANTOM_READ_CONFLICT],
  ['a new key', { d: 'new' }, PHANTOM_READ_CONFLICT],
  ['a new key that is gone again', { d: undefined }, VALID],
] as const)('a range is judged with what the block wrote before: %s', (what, before, code) => {
  const state = new WorldState();
  const first = new Batch(state);
  first.apply(writes({ b: '1', c: '2' }), { block: 1, transaction: 0 });
  state.commit(first);
  const batch = new Batch(state);
  if (what.endsWith('gone again')) batch.apply(writes({ d: 'new' }), { block: 2, transaction: 0 });
  batch.apply(writes(before), { block: 2, transaction: 1 });
  expect(conflictOf('block 2', state, batch, [ranged('b', 'c')])).toBe(code);
});
