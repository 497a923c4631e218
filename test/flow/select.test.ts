// select, through the chaincode: rounds take agents by a seed of values that organisations had committed to before.

import { beforeEach, expect, test } from '@jest/globals';
import { canonicalise } from '../../protocol/src/bytes/canonical.ts';
import { sha256 } from '../../protocol/src/bytes/digest.ts';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { commitToBeacon, isSelected } from '../../protocol/src/round/sortition.ts';
import { createWorld } from './create-world.ts';
import { AGGREGATE, ORGANISATIONS } from './terms.ts';
import type { World } from './world.ts';

let world: World;
const valueOf = (organisation: string, round: number): string => sha256(`${organisation} ${round}`).toString('hex');
const beaconOf = (organisation: string, round: number) => ({
  reveal: valueOf(organisation, round),
  commit: commitToBeacon(valueOf(organisation, round + 1)),
});
const roundOf = (round: number) => world.stored(keys.round(world.job, round))!;

/** Closes a round whose updates are in, and has it attested by all and finalised by two of them. */
async function finish(round: number, attested: readonly string[] = ORGANISATIONS): Promise<void> {
  world.at += 60_000;
  await world.close({ round });
  for (const organisation of attested) {
    await world.attest(organisation, { round, beacon: beaconOf(organisation, round) });
  }
  await world.finalise(['army', 'navy'], { round });
  world.at += 1;
}

beforeEach(async () => {
  world = await createWorld();
  const participation = { minimum: 1, complete: 3 };
  await world.openJob({ rounds: 9, selection: { perMille: 500 }, participation });
  await world.recordAll();
  await finish(1);
  await world.recordAll(2, AGGREGATE.digest);
});

test('the first two rounds take everyone; from the third on only those whom the seed takes are recorded', async () => {
  expect([roundOf(1).seed, roundOf(2).seed]).toEqual([undefined, undefined]);
  await finish(2);
  const third = roundOf(3);
  expect(third.seed).toMatch(/^sha256:/);
  const { terms } = world.stored(keys.job(world.job))!;
  const agents = ORGANISATIONS.flatMap((name) => world.party(name).agents.slice(0, 2));
  const verdicts = await world.record(
    ...agents.map((agent) => world.update(agent, { round: 3, base: AGGREGATE.digest })),
  );
  const codes = verdicts.map((verdict) => (verdict.ok ? 'ok' : verdict.error.code));
  expect(codes).toEqual(agents.map(({ by }) => (isSelected(terms, third, by) ? 'ok' : 'ERR_AGENT_UNSELECTED')));
});

test('a value that is withheld is named, and the seed is another one', async () => {
  const other = world.fork();
  await finish(2);
  const [seed, { unrevealed }] = [roundOf(3).seed, roundOf(2)];
  expect(unrevealed).toEqual([]);
  world = other;
  await finish(2, ['army', 'navy']);
  expect(roundOf(2).unrevealed).toEqual(['airforce']);
  expect(roundOf(3).seed).not.toBe(seed);
});

test('agents whose certificates name another unit, data set or platform are refused from the first round on, and told why', async () => {
  const fits = { role: 'agent', unit: 'hq', data: 'maps,radar', platform: 'linux-arm64' };
  const { ca } = world.party('army');
  const agents = await Promise.all([
    ca.issue({ ...fits, name: 'agent-5' }),
    ca.issue({ ...fits, name: 'agent-6', unit: 'depot' }),
    ca.issue({ ...fits, name: 'agent-7', data: 'maps' }),
    ca.issue({ ...fits, name: 'agent-8', platform: 'linux-x64' }),
  ]);
  await world.enrol(...agents);
  const selection = { perMille: 1000, units: ['hq'], dataSets: ['radar', 'sonar'], platforms: ['linux-arm64'] };
  await world.openJob({ name: 'eligible', selection });
  const [plain] = world.party('army').agents;
  const verdicts = await world.record(...[...agents, plain!].map((agent) => world.update(agent)));
  expect(verdicts.map((verdict) => (verdict.ok ? 'ok' : verdict.error))).toEqual([
    'ok',
    ...['unit', 'data', 'platform', 'data'].map((reason): unknown =>
      expect.objectContaining({
        code: 'ERR_AGENT_UNSELECTED',
        details: expect.objectContaining({ reason }) as unknown,
      }),
    ),
  ]);
});

test('terms without data sets and platforms are the bytes that they were', () => {
  const { terms } = world.stored(keys.job(world.job))!;
  expect(canonicalise(terms)).toContain('"selection":{"perMille":500}');
});
