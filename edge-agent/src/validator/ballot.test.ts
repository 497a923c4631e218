// The ballot: who was first with an artefact is decided by the records, however updates arrive.

import {
  cidOf,
  decodeParameters,
  digestOf,
  encodeTensors,
  type Artefact,
  type RootState,
  type Terms,
  type UpdateRecord,
} from '@muster/protocol';
import { afterAll, expect, test } from '@jest/globals';
import type { Gateway } from '../client/index.ts';
import { ROOT, TERMS } from '../../../test/support/states.ts';
import { Ballot } from './ballot.ts';
import { createTallies } from './tally-calls.ts';

const tallies = createTallies();
afterAll(() => tallies.close());

const base = encodeTensors([{ name: 'w', shape: [1], data: Float32Array.of(1) }]);
const stored = new Map<string, Uint8Array>();

/** An update that adds a number to the one parameter. */
function update(by: string, at: number, value: number): UpdateRecord {
  const bytes = encodeTensors([{ name: 'w', shape: [1], data: Int32Array.of(value * 2 ** 16) }]);
  const artefact: Artefact = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
  stored.set(artefact.cid, bytes);
  return { by, at, update: artefact, examples: 10 } as UpdateRecord;
}

function open(changes: Partial<Terms> = {}): Ballot {
  const getArtefact = (cid: string): Promise<Uint8Array> => Promise.resolve(stored.get(cid)!);
  const gateway = { getArtefact } as Partial<Gateway> as Gateway;
  const terms = { ...TERMS, fixedPoint: { fractionBits: 16, magnitudeBits: 24 }, ...changes };
  return new Ballot({ terms, round: 1, base: { base }, gateway, tallies, signal: new AbortController().signal });
}

const first = update('navy/b', 5, 1);
const copy = update('air/a', 6, 1);
const other = update('land/c', 7, 4);
const all = [copy, other, first]; // in order of names

async function modelOf(ballot: Ballot): Promise<number[]> {
  const [tensor] = decodeParameters((await ballot.finish()).model);
  await ballot.close();
  return [...tensor!.data];
}

test.each([
  ['first', [first]],
  ['copy', [copy]],
  ['copy and another', [copy, other]],
])('a copy is left out where the %s came to sight before the rest', async (_what, seen) => {
  const ballot = open();
  ballot.take(seen);
  expect(await ballot.exclusions(all)).toEqual([{ by: 'air/a', code: 'ERR_UPDATE_COPIED' }]);
  expect(await modelOf(ballot)).toEqual([3.5]);
});

test('root updates are counted again with the updates, and one that is no update file is left out', async () => {
  const trusted = (by: string, value: number): RootState => update(by, 1, value) as unknown as RootState;
  const broken = new Uint8Array([1, 2, 3]);
  const artefact: Artefact = { cid: cidOf(broken), digest: digestOf(broken), size: 3 };
  stored.set(artefact.cid, broken);
  const roots = [
    trusted('air/validator', 2),
    { by: 'land/validator', update: artefact } as RootState,
    trusted('navy/validator', 4),
  ];
  const ballot = open({ rule: { name: 'fltrust', options: {} }, root: ROOT });
  ballot.takeRoots(roots);
  // the copy is seen first, so that all is counted anew
  ballot.take([copy]);
  expect(await ballot.exclusions(all)).toEqual([{ by: 'air/a', code: 'ERR_UPDATE_COPIED' }]);
  expect(await ballot.rootExclusions(roots)).toEqual([{ by: 'land/validator', code: 'ERR_TENSORS_MALFORMED' }]);
  // both updates point as the root update does, and are cut or stretched to its length: 3, the mean of 2 and 4
  expect(await modelOf(ballot)).toEqual([4]);
});
