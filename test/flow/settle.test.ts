// settle, through the chaincode: an ended round moves the reputations of one organisation's agents, once and in order.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { Receipt } from '../../protocol/src/round/record.ts';
import { createClosedWorld } from './create-world.ts';
import { refusalOf, type World } from './world.ts';

const scores = { method: 'loss-difference', examples: 10, alphaMicro: 125_000 } as const;

let world: World;
beforeEach(async () => {
  world = await createClosedWorld({ scores });
});

function settle(claims: Record<string, unknown> = {}, who = world.party('army').validator): Promise<Receipt> {
  const own = { job: world.job, round: 1, organisation: 'navy' };
  return world.call('rounds:settle', [world.state('round.settle', who, { ...own, ...claims })]);
}

/** Scores are of airforce, army and navy, in this order. */
async function finalise(): Promise<void> {
  await world.attest('army', { scores: [10, 20, -40] });
  await world.attest('navy', { scores: [12, 20, 80] });
  await world.finalise(['army', 'navy']);
}

describe('settle', () => {
  test('writes the organisation’s reputations and tells of them', async () => {
    await finalise();
    const before = world.ledger.events.length;
    await settle();
    expect(world.stored(keys.reputationPage(world.job, 'navy', 0))).toMatchObject({
      round: 1,
      agents: { 'agent-1': { scoreMicro: -1_000_000, reputationMicro: -125_000, rounds: 1 } },
    });
    expect(world.stored(keys.reputationPage(world.job, 'army', 0))).toBeUndefined();
    expect(world.eventsSince(before)).toEqual(['round.settled']);
  });

  test('refuses a round that is open, settled, or not the next one', async () => {
    expect((await refusalOf(settle())).code).toBe('ERR_ROUND_PHASE');
    await finalise();
    await settle();
    world.at += 1;
    expect((await refusalOf(settle())).code).toBe('ERR_ROUND_SETTLED');
    world.at += 200_000;
    await world.abandon({ round: 2 });
    expect((await refusalOf(settle({ round: 2, organisation: 'army' }))).code).toBe('ERR_ROUND_UNSETTLED');
    await settle({ round: 2 });
    expect(world.stored(keys.reputationPage(world.job, 'navy', 0))).toMatchObject({ round: 2 });
  });

  test('refuses who may not, an organisation outside the job, and a job without scores', async () => {
    const [agent] = world.party('army').agents;
    expect((await refusalOf(settle({}, agent))).code).toBe('ERR_ROLE_FORBIDDEN');
    expect((await refusalOf(settle({ organisation: 'space' }))).code).toBe('ERR_JOB_OUTSIDER');
    world = await createClosedWorld();
    expect((await refusalOf(settle())).code).toBe('ERR_JOB_UNSCORED');
  });

  test('takes what validators that do not score attest, so that the round has its model, and moves nobody by it', async () => {
    await world.attest('army', { scores: [10, 20, -40] });
    await world.attest('navy');
    await world.finalise(['army', 'navy']);
    await settle();
    expect(world.stored(keys.reputationPage(world.job, 'navy', 0))).toMatchObject({ round: 1, agents: {} });
    expect(world.ledger.events.at(-1)).toMatchObject({
      data: { agents: [{ by: 'navy/agent-1', outcome: 'unscored', reputationMicro: 0, rounds: 0 }] },
    });
  });
});
