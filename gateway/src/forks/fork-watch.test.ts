// Tests of looking for forks: among gateways that agree, with one that lies, and with one whose words do not hold.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openCheckpoint } from '@muster/protocol';
import { pino } from 'pino';
import { createTestCa } from '../../../test/support/test-ca.ts';
import { Meters } from '../metrics.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { ForkWatch, type ForkWatchParts, type Witness } from './fork-watch.ts';

const names = ['navy', 'army', 'marines', 'airforce'] as const;
type Name = (typeof names)[number];
const parties = await Promise.all(
  names.map(async (name) => {
    const ca = await createTestCa(name);
    return [name, { ca, relay: await ca.issue({ name: 'relay', role: 'relay' }) }] as const;
  }),
);
const party = Object.fromEntries(parties) as Record<Name, (typeof parties)[number][1]>;
const [navy, army] = [party.navy.ca, party.army.ca];
const roots: Record<string, string[]> = Object.fromEntries(parties.map(([name, { ca }]) => [name, [ca.root]]));
const digest = (character: string): string => `sha256:${character.repeat(64)}`;
const block = (number: number, hash = 'a'): Parameters<ForkWatch['took']>[0] => ({
  number,
  transactions: [],
  seen: { hash: digest(hash), commitHash: digest('c') },
});

let folder: string;
const stores: CheckpointStore[] = [];

function watch(
  organisation: Name,
  witnesses: readonly Witness[] = [],
  changes: Partial<ForkWatchParts> = {},
): ForkWatch {
  const store = new CheckpointStore(join(folder, `${organisation}-${stores.length}.sqlite`));
  stores.push(store);
  const { privateKey, certificate } = party[organisation].relay;
  return new ForkWatch({
    organisation,
    channel: 'muster',
    identity: { privateKey, certificate },
    witnesses,
    rootsOf: (name) => roots[name] ?? [],
    store,
    meters: new Meters(),
    log: pino({ level: 'silent' }),
    every: 10,
    intervalMs: 1000,
    ...changes,
  });
}

const witness = (of: ForkWatch, organisation = 'army'): Witness => ({
  organisation,
  checkpoints: (from) => Promise.resolve(of.store.list(from, 200)),
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-forks-'));
});
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a checkpoint is signed at every so many blocks, once', () => {
  const own = watch('navy');
  for (const number of [0, 1, 10, 11, 20, 20]) own.took(block(number));
  const signed = own.store.list(0, 200).map((one) => openCheckpoint(one, [navy.root]));
  expect(signed.map((checkpoint) => checkpoint.block)).toEqual([10, 20]);
  expect(signed[0]).toMatchObject({ organisation: 'navy', channel: 'muster', hash: digest('a') });
});

describe('organisations', () => {
  test('that saw one ledger agree', async () => {
    const theirs = watch('army');
    const own = watch('navy', [witness(theirs)]);
    for (const number of [10, 20]) for (const each of [theirs, own]) each.took(block(number));
    await own.compare();
    expect(own.notice).toBeUndefined();
    expect(own.store.comparedWith('army')).toBe(20);
  });

  test('that differ raise the alarm, with both signed statements kept', async () => {
    const meters = new Meters();
    const theirs = watch('army');
    const own = watch('navy', [witness(theirs)], { meters });
    own.took(block(10));
    theirs.took(block(10, 'b'));
    let alarms = 0;
    own.onFork(() => alarms++);
    own.onFork(() => (alarms += 100))();
    await own.compare();
    await own.compare();
    expect(alarms).toBe(1);
    const [fork, ...others] = own.store.forks();
    expect(others).toEqual([]);
    expect(openCheckpoint(fork!.theirs, [army.root])).toMatchObject({ block: 10, hash: digest('b') });
    expect(openCheckpoint(fork!.ours, [navy.root])).toMatchObject({ block: 10, hash: digest('a') });
    expect(own.notice).toContain('army states another block 10');
    expect(await meters.registry.metrics()).toContain('muster_forks 1');
  });

  test('are compared later where they are ahead', async () => {
    const theirs = watch('army');
    const own = watch('navy', [witness(theirs)]);
    for (const number of [10, 20]) theirs.took(block(number, 'b'));
    await own.compare();
    expect(own.notice).toBeUndefined();
    own.took(block(10));
    await own.compare();
    expect(own.store.forks().map((fork) => fork.block)).toEqual([10]);
  });
});

describe('what is shown here is old', () => {
  test('where most others have had a block for a while that is not here, until it is', async () => {
    const others = (['army', 'marines', 'airforce'] as const).map((name) => watch(name));
    const witnesses = others.map((other, i) => witness(other, names[i + 1]));
    const own = watch('navy', witnesses, { intervalMs: 0 });
    const [first, second] = others as [ForkWatch, ForkWatch, ForkWatch];
    first.took(block(10));
    await own.compare();
    expect(own.lag).toBeUndefined();
    second.took(block(10));
    await own.compare();
    expect(own.lag).toBe('at block 0, 2 of 3 others have had 10 for 0 s');
    own.took(block(10));
    expect(own.lag).toBeUndefined();
  });

  test('no sooner than from one comparison to the next', async () => {
    const theirs = watch('army');
    const own = watch('navy', [witness(theirs)], { intervalMs: 60_000 });
    theirs.took(block(10));
    await own.compare();
    await own.compare();
    expect(own.lag).toBeUndefined();
  });
});

describe('no statement of an organisation is', () => {
  test('what its root has not vouched for', async () => {
    const forger = watch('navy');
    const own = watch('navy', [witness(forger)]);
    forger.took(block(10, 'b'));
    own.took(block(10));
    await own.compare();
    expect(own.store.forks()).toEqual([]);
  });

  test('silence, and it does not stop the comparison with others', async () => {
    const theirs = watch('army');
    const silent: Witness = { organisation: 'marines', checkpoints: () => Promise.reject(new Error('gone')) };
    const own = watch('navy', [silent, witness(theirs)]);
    theirs.took(block(10, 'b'));
    own.took(block(10));
    await own.compare();
    expect(own.store.forks()).toHaveLength(1);
  });
});
