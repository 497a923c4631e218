// The rules of conflict, as Fabric documents them (docs/source/readwrite.rst) and as its validator has them
// (core/ledger/kvledger/txmgmt/validation/validator.go, rangequery_validator.go).

import { beforeEach, describe, expect, test } from '@jest/globals';
import { WorldState, type RangeRead, type ReadWriteSet, type Version } from '../support/world-state.ts';

type Writes = Readonly<Record<string, string | null>>;

const bytes = (writes: Writes): Map<string, Buffer | null> =>
  new Map(Object.entries(writes).map(([key, text]) => [key, text === null ? null : Buffer.from(text)]));
const set = (parts: Partial<Omit<ReadWriteSet, 'writes'>> & { writes?: Writes }): ReadWriteSet => ({
  reads: [],
  ranges: [],
  policies: new Map(),
  ...parts,
  writes: bytes(parts.writes ?? {}),
});

let state: WorldState;
const at = (key: string): Version | undefined => state.values.get(key)?.version;
const read = (...keys: string[]): ReadWriteSet['reads'] => keys.map((key) => [key, at(key)] as const);
const range = (start: string, end: string, exhausted = true, limit = Infinity): RangeRead => {
  const found = state.range(start, end).slice(0, limit);
  return { start, end, exhausted, reads: found.map(([key, { version }]) => [key, version] as const) };
};
const held = (): Record<string, string> =>
  Object.fromEntries(state.range('', '').map(([key, value]) => [key, value.bytes.toString()]));

beforeEach(() => {
  state = new WorldState();
  state.commit([set({ writes: { k1: 'v1', k2: 'v2', k3: 'v3', k4: 'v4', k5: 'v5' } })]);
});

describe('a transaction', () => {
  // readwrite.rst, "Example simulation and validation": T1 to T5 simulated on one snapshot, in one block
  test('is judged as in the example of Fabric’s documentation', () => {
    const t1 = set({ writes: { k1: "v1'", k2: "v2'" } });
    const t2 = set({ reads: read('k1'), writes: { k3: "v3'" } });
    const t3 = set({ writes: { k2: "v2''" } });
    const t4 = set({ reads: read('k2'), writes: { k2: "v2'''" } });
    const t5 = set({ reads: read('k5'), writes: { k6: "v6'" } });
    const fates = state.commit([t1, t2, t3, t4, t5]);
    expect(fates).toEqual(['VALID', 'MVCC_READ_CONFLICT', 'VALID', 'MVCC_READ_CONFLICT', 'VALID']);
    expect(held()).toEqual({ k1: "v1'", k2: "v2''", k3: 'v3', k4: 'v4', k5: 'v5', k6: "v6'" });
  });

  test('that only writes conflicts with nobody: the last write stands', () => {
    expect(state.commit([set({ writes: { k1: 'a' } }), set({ writes: { k1: 'b' } })])).toEqual(['VALID', 'VALID']);
    expect(held().k1).toBe('b');
    expect(at('k1')).toEqual({ block: 2, transaction: 1 });
  });

  test('that read an absent key conflicts once the key is there', () => {
    const [first, second] = ['a', 'b'].map((text) => set({ reads: read('new'), writes: { new: text } }));
    expect(state.commit([first!, second!])).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
    expect(held().new).toBe('a');
  });

  test('conflicts by version, not by value', () => {
    const reader = set({ reads: read('k1') });
    state.commit([set({ writes: { k1: 'v1' } })]);
    expect(state.commit([reader])).toEqual(['MVCC_READ_CONFLICT']);
  });

  test('that is in conflict writes nothing, and those after it do not see it', () => {
    const stale = set({ reads: [['k1', undefined]], writes: { k2: 'stale' } });
    const reader = set({ reads: read('k2'), writes: { k4: 'read' } });
    expect(state.commit([stale, reader])).toEqual(['MVCC_READ_CONFLICT', 'VALID']);
    expect(held()).toMatchObject({ k2: 'v2', k4: 'read' });
  });

  test('conflicts with a deletion in its block, even of what was not there', () => {
    const gone = set({ writes: { k1: null, none: null } });
    expect(state.commit([gone, set({ reads: read('k1') }), set({ reads: read('none') })])).toEqual([
      'VALID',
      'MVCC_READ_CONFLICT',
      'MVCC_READ_CONFLICT',
    ]);
    expect(held().k1).toBeUndefined();
    expect(state.commit([set({ reads: read('k1', 'none') })])).toEqual(['VALID']);
  });
});

describe('a range', () => {
  test.each<[string, Writes]>([
    ['a key more', { k25: 'x' }],
    ['a key less', { k3: null }],
    ['a key written anew', { k2: 'v2' }],
  ])('with %s in the same block is a phantom', (_title, writes) => {
    const reader = set({ ranges: [range('k2', 'k4')] });
    expect(state.commit([set({ writes }), reader])).toEqual(['VALID', 'PHANTOM_READ_CONFLICT']);
  });

  test.each<[string, Writes]>([
    ['before it', { k1: 'x' }],
    ['at its end, which is not part of it', { k4: 'x' }],
    ['by deleting what was not there', { k25: null }],
  ])('does not mind a change %s', (_title, writes) => {
    const reader = set({ ranges: [range('k2', 'k4')] });
    expect(state.commit([set({ writes }), reader])).toEqual(['VALID', 'VALID']);
  });

  test('in a later block is read again too', () => {
    const reader = set({ ranges: [range('', '')] });
    state.commit([set({ writes: { z: 'x' } })]);
    expect(state.commit([reader])).toEqual(['PHANTOM_READ_CONFLICT']);
  });

  test('that was not read to its end ends with the last key read', () => {
    const reader = set({ ranges: [range('k1', '', false, 2)] });
    expect(state.commit([set({ writes: { k3: 'x', k9: 'x' } }), reader])).toEqual(['VALID', 'VALID']);
    const again = set({ ranges: [range('k1', '', false, 2)] });
    expect(state.commit([set({ writes: { k15: 'x' } }), again])).toEqual(['VALID', 'PHANTOM_READ_CONFLICT']);
  });

  test('is in the order of UTF-8, not of UTF-16', () => {
    state.commit([set({ writes: { '\u{1F600}': 'emoji', '\uFFFD': 'replacement' } })]);
    expect(state.range('l', '').map(([key]) => key)).toEqual(['\uFFFD', '\u{1F600}']);
  });

  test('yields to a plain read in conflict: that is told first', () => {
    const reader = set({ reads: read('k2'), ranges: [range('k1', 'k9')] });
    expect(state.commit([set({ writes: { k2: 'x' } }), reader])).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });
});

describe('a key with a policy of its own', () => {
  const policy = Buffer.from('two of three');
  const withPolicy = (writes: Writes): ReadWriteSet => set({ writes, policies: new Map([['k1', policy]]) });

  test('is written by those who satisfy it, from the next block on', () => {
    expect(state.commit([withPolicy({ k1: 'x' })], () => false)).toEqual(['VALID']);
    expect(state.commit([set({ writes: { k1: 'y' } })], () => false)).toEqual(['ENDORSEMENT_POLICY_FAILURE']);
    expect(state.commit([set({ writes: { k1: 'y' } })], (_, known) => known.equals(policy))).toEqual(['VALID']);
    expect(held().k1).toBe('y');
  });

  test('is not written in the block in which the policy changes', () => {
    expect(state.commit([withPolicy({}), set({ writes: { k1: 'y' } })])).toEqual([
      'VALID',
      'ENDORSEMENT_POLICY_FAILURE',
    ]);
  });

  test('gets a new version by its policy alone, and loses the policy when it is deleted', () => {
    const before = at('k1');
    state.commit([withPolicy({})]);
    expect(at('k1')).not.toEqual(before);
    state.commit([set({ writes: { k1: null } })]);
    expect([...state.policies]).toEqual([]);
  });
});
