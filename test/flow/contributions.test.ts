// Contributions, from the chaincode through the gateway's projection: what is read is what the ledger holds. The auditor decides
// every one of these transactions again (test/support/second-reading.ts).

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { Projection } from '../../gateway/src/projection/projection.ts';
import { Reads } from '../../gateway/src/projection/reads.ts';
import { createWorld } from './create-world.ts';
import { ORGANISATIONS } from './terms.ts';
import type { World } from './world.ts';

const scores = { method: 'loss-difference', examples: 10, alphaMicro: 125_000 } as const;

let world: World;
let projection: Projection;
let reads: Reads;

/** Blocks of a transaction each, with the events of the ledger so far. */
function project(): void {
  projection = new Projection(':memory:');
  reads = new Reads(projection.database);
  world.ledger.events.forEach((event, number) => {
    const transaction = { transaction: `tx-${number}`, index: 0, at: number, creator: 'army', status: 'VALID' };
    projection.take({ number, transactions: [{ ...transaction, events: [event] }] });
  });
}

async function settleAll(round: number): Promise<void> {
  for (const organisation of ORGANISATIONS) {
    const claims = { job: world.job, round, organisation };
    await world.call('rounds:settle', [world.state('round.settle', world.party(organisation).validator, claims)]);
  }
}

beforeEach(async () => {
  world = await createWorld();
  await world.openJob({ scores, commitments: { updatesMs: 60_000 } });
  const agents = ORGANISATIONS.map((organisation) => world.party(organisation).agents[0]!);
  const keepsBack = world.party('army').agents[1]!;
  const sealed = [...agents, keepsBack].map((who) => [who, world.update(who)] as const);
  await world.commit(...sealed.map(([who, envelope]) => world.commitment(who, envelope)));
  await world.reveal();
  await world.record(...sealed.slice(0, -1).map(([, envelope]) => envelope));
  world.at += 60_000;
  await world.close();
  world.at += 1000;
  await world.attest('army', { scores: [10, 20, -40] });
  await world.attest('navy', { scores: [12, 20, 80] });
  await world.finalise(['army', 'navy']);
  await settleAll(1);
});

afterEach(() => projection.close());

test('scores are read beside what settling made of them, page by page, and who kept back is there', () => {
  project();
  const said = (army: number, navy: number): object[] => [
    { organisation: 'army', scoreMicro: army },
    { organisation: 'navy', scoreMicro: navy },
  ];
  const page = reads.scores(world.job, 1, { limit: 3 })!;
  expect(page).toMatchObject({
    items: [
      { by: 'airforce/agent-1', scores: said(10, 12), settled: { medianMicro: 10, scoreMicro: 500_000 } },
      { by: 'army/agent-1', scores: said(20, 20), settled: { medianMicro: 20, scoreMicro: 1_000_000 } },
      { by: 'army/agent-2', scores: [], settled: { outcome: 'withheld', scoreMicro: -1_000_000 } },
    ],
    next: '3',
  });
  expect(reads.scores(world.job, 1, { limit: 3, cursor: '3' })).toEqual({
    items: [{ by: 'navy/agent-1', scores: said(-40, 80), settled: expect.objectContaining({ medianMicro: -40 }) }],
  });
  // the second round is open: nothing can be said of it yet
  expect(reads.scores(world.job, 2, { limit: 3 })).toEqual({ items: [] });
  expect(reads.scores(world.job, 3, { limit: 3 })).toBeUndefined();
});

test('reputations are read as they lie on the ledger, after a round that was abandoned too', async () => {
  world.at += 60_001;
  await world.abandon({ round: 2, reason: 'too few commitments' });
  await settleAll(2);
  project();
  const { items } = reads.reputations({ job: world.job }, { limit: 10 });
  const held = ORGANISATIONS.flatMap((organisation) => {
    const page = world.stored(keys.reputationPage(world.job, organisation, 0))!;
    expect(page.round).toBe(2);
    return Object.entries(page.agents).map(([name, standing]) => {
      return { job: world.job, organisation, by: `${organisation}/${name}`, ...standing };
    });
  });
  expect(items).toEqual(held);
  const army = reads.reputations({ job: world.job, organisation: 'army' }, { limit: 1 });
  expect(army).toEqual({ items: [held[1]], next: expect.any(String) });
  expect(reads.reputations({ job: world.job, organisation: 'army' }, { limit: 1, cursor: army.next! })).toEqual({
    items: [held[2]],
  });
});
