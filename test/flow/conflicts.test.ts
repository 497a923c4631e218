// Which acts get into each other's way when they meet in one block, and that doing again those that lost comes to an end.

import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Simulation } from '../support/memory-ledger.ts';
import { createClosedWorld, createWorld } from './create-world.ts';
import { ORGANISATIONS } from './terms.ts';
import type { World } from './world.ts';

let world: World;

/** An act as function and argument, made when it is endorsed. */
type Deed = () => readonly [fn: string, argument: string];

const endorse = async (deed: Deed, endorsers: readonly string[] = ORGANISATIONS): Promise<Simulation> => {
  const [fn, argument] = deed();
  const creator = world.party('army').officer;
  return world.ledger.endorse({ fn, args: [argument], creator, at: world.at }, endorsers);
};

/** Endorses acts on one state, commits them as one block, and tells their fates. */
async function meet(...deeds: readonly Deed[]): Promise<readonly string[]> {
  const simulations: Simulation[] = [];
  for (const deed of deeds) simulations.push(await endorse(deed));
  return world.ledger.commit(simulations, ORGANISATIONS);
}

const agent = (organisation: string, index: number) => world.party(organisation).agents[index]!;
const recording =
  (organisation: string, index: number): Deed =>
  () => ['rounds:record', world.update(agent(organisation, index))];
const closing = (): readonly [string, string] => [
  'rounds:close',
  world.state('round.close', world.party('army').validator, { job: world.job, round: 1 }),
];
const voting =
  (organisation: string): Deed =>
  () => [
    'jobs:vote',
    world.state('job.vote', world.party(organisation).officer, { job: world.job, verdict: 'approve' }),
  ];
const attesting =
  (organisation: string): Deed =>
  () => ['rounds:attest', world.attestation(organisation)];

const BOTH = ['VALID', 'VALID'];
const FIRST = ['VALID', 'MVCC_READ_CONFLICT'];

describe('in one block', () => {
  test('updates of two organisations do not meet', async () => {
    world = await createWorld();
    await world.openJob();
    expect(await meet(recording('army', 0), recording('navy', 0))).toEqual(BOTH);
  });

  test('updates on one page do: the first is recorded, the other is to be made anew', async () => {
    world = await createWorld();
    await world.openJob();
    expect(await meet(recording('army', 0), recording('army', 1))).toEqual(FIRST);
  });

  test('votes on a job do, since each counts those before it', async () => {
    world = await createWorld();
    await world.propose();
    expect(await meet(voting('army'), voting('navy'))).toEqual(FIRST);
  });

  test('closing a round stops the updates behind it, and an update before it stops the closing', async () => {
    world = await createWorld();
    await world.openJob();
    await world.recordAll();
    const fork = world.fork();
    expect(await meet(closing, recording('army', 1))).toEqual(FIRST);
    world = fork;
    expect(await meet(recording('army', 1), closing)).toEqual(FIRST);
  });

  test('a round is closed once', async () => {
    world = await createWorld();
    await world.openJob();
    await world.recordAll();
    expect(await meet(closing, closing)).toEqual(FIRST);
  });

  test('attestations of two organisations do not meet', async () => {
    world = await createClosedWorld();
    expect(await meet(attesting('army'), attesting('navy'))).toEqual(BOTH);
  });

  test('a round is finalised once, and not on an attestation that changes before it', async () => {
    world = await createClosedWorld();
    for (const organisation of ORGANISATIONS) await world.attest(organisation);
    const finalising: Deed = () => ['rounds:finalise', world.finalisation(ORGANISATIONS)];
    const fork = world.fork();
    expect(await meet(finalising, finalising)).toEqual(FIRST);
    world = fork;
    world.at += 10;
    expect(await meet(attesting('navy'), finalising)).toEqual(FIRST);
  });
});

describe('doing again what lost', () => {
  beforeEach(async () => {
    world = await createWorld();
    await world.openJob({ limits: { updates: 3, updateBytes: 1000, examples: 1000, abandoned: 1 } });
  });

  test('records every update of gateways that share a page once, with at least one more each block', async () => {
    // a gateway each: what it relays lies on one page, and all relay at the same time
    let waiting = [recording('army', 0), recording('army', 1), recording('army', 2), recording('navy', 0)];
    const before = world.ledger.events.length;
    let blocks = 0;
    while (waiting.length > 0) {
      const fates = await meet(...waiting);
      const lost = waiting.filter((_, i) => fates[i] !== 'VALID');
      expect(lost.length).toBeLessThan(waiting.length);
      waiting = lost;
      blocks += 1;
    }
    expect(blocks).toBe(3);
    expect(world.eventsSince(before)).toEqual(Array.from({ length: 4 }, () => 'round.updated'));
    const recorded = world.ledger.events.slice(before).map(({ data }) => (data as { by: string }).by);
    expect(recorded.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      'army/agent-1',
      'army/agent-2',
      'army/agent-3',
      'navy/agent-1',
    ]);
  });

  test('gives the first receipt where two gateways relayed the same update', async () => {
    const [first, second] = await meet(recording('army', 0), recording('army', 0));
    expect([first, second]).toEqual(FIRST);
    const before = world.ledger.events.length;
    const [verdict] = await world.record(world.update(agent('army', 0)));
    expect(verdict).toMatchObject({ ok: true });
    expect(world.eventsSince(before)).toEqual([]);
  });
});
