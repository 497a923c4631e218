// A disk that answers late, on a real network: under one organisation's peer, its gateway, validator and agent, and under the orderer
// that leads. Whole rounds are run meanwhile. It takes strace, which must be allowed to trace: elsewhere the tests are skipped.

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeName, validatorSpec, type NodeStatus } from '@muster/network';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { agentSpec, writeValidatorConfig } from '../../network/src/start/run-members.ts';
import { readinessOf } from '../support/readiness.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';
import { canSlowDisk, slowDisk, type Slowness } from '../support/slow-disk.ts';

const SECONDS = 120;
const AGENT = 'agent-1';
/** Whose parts are slow, beside the leading orderer. */
const SLOW = 'marines';
/** Where nothing is slow. */
const FAST = 'airforce';
/** A leader is replaced sooner. */
const MOST_PROPOSALS = 20;
/** Gateways compare every ten. */
const BLOCKS = 25;

const isPossible = await canSlowDisk();
// said in the report: a machine without strace, or that lets nobody trace, has no slow disks
const describeSlow = isPossible ? describe : describe.skip;

let consortium: RealConsortium;

const supervisor = () => consortium.network.supervisor;

async function node(name: string): Promise<NodeStatus> {
  return (await supervisor().check()).find((each) => each.name === name)!;
}

/** Slows the disks of nodes down while they run. @returns makes them as fast as before */
async function slow(slowness: Slowness, ...names: readonly string[]): Promise<() => Promise<unknown>> {
  const ends = await Promise.all(names.map(async (name) => slowDisk((await node(name)).pid!, slowness)));
  return () => Promise.all(ends.map((end) => end()));
}

const readiness = (organisation: string): ReturnType<typeof readinessOf> => readinessOf(consortium.plan(organisation));

const finalised = (organisation: string, job: OpenJob): ReturnType<RealConsortium['finalised']> =>
  consortium.finalised(`${organisation}/officer`, job, SECONDS);

/** Opens a job of one round, which all agents train. @param complete how many updates the round waits for */
const train = (name: string, complete: number): Promise<OpenJob> =>
  consortium.openJob(name, { agents: 4, participation: { minimum: 3, complete } });

const leading = (): Promise<string> => consortium.network.leaderOrderer();

/** A proposal of a job, by an officer through an organisation's own gateway. */
async function propose(name: string, { terms }: OpenJob, by = `${FAST}/officer`): Promise<string> {
  return consortium.handIn(
    'job.propose',
    await consortium.sealed('job.propose', by, { terms: { ...terms, name } }),
    by,
  );
}

beforeAll(async () => {
  if (!isPossible) return;
  consortium = await RealConsortium.join([AGENT, 'officer', 'validator']);
  const { plan, runWith } = consortium.network;
  await distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: 1, most: 200 });
  await Promise.all(
    plan.organisations.map(async (organisation) => {
      await writeValidatorConfig(plan, organisation);
      await supervisor().startNode(validatorSpec(plan, organisation, runWith));
      await supervisor().startNode(await agentSpec(plan, organisation, AGENT, runWith));
    }),
  );
}, 240_000);

afterAll(async () => {
  if (isPossible) await consortium.end();
}, 180_000);

describeSlow('a disk that takes 200 ms longer for each sync', () => {
  test.each([
    ['a peer', () => Promise.resolve([nodeName('peer', SLOW)])],
    [
      'a gateway, a validator and an agent',
      () => Promise.resolve([nodeName('gateway', SLOW), nodeName('validator', SLOW), `${AGENT}.${SLOW}`]),
    ],
    ['the leading orderer', async () => [await leading()]],
  ])(
    'under %s lets rounds end with every update, and everybody is ready',
    async (_, choose) => {
      const names = await choose();
      const leader = await leading();
      const end = await slow({ syncMs: 200, writeMs: 20 }, ...names);
      try {
        const job = await train(`slow-${names.join('-')}`, 4);
        const { updates, round } = await finalised(FAST, job);
        expect(updates.map(({ by }) => by)).toEqual(consortium.organisations.map((each) => `${each}/${AGENT}`).sort());
        expect(round.attestedBy?.length).toBeGreaterThanOrEqual(3);
        // what it shows comes later, and is the same
        expect((await finalised(SLOW, job)).round).toEqual(round);
        for (const name of names) expect(await node(name)).toMatchObject({ state: 'ready' });
        expect(await readiness(SLOW)).toMatchObject({ status: 200 });
        // slow is not faulty: nobody complains of it
        expect(await leading()).toBe(leader);
      } finally {
        await end();
      }
    },
    300_000,
  );
});

describeSlow('a disk that takes two seconds longer for each sync', () => {
  test('under the leading orderer has another lead; what is acknowledged stays', async () => {
    await consortium.restartOrderers();
    const leader = await leading();
    const job = await train('slow-leader', 4);
    await finalised(FAST, job);
    const before = (await (await consortium.member(`${FAST}/officer`)).gateway.jobs()).length;
    const end = await slow({ syncMs: 2000 }, leader);
    let proposed = 0;
    try {
      while ((await leading()) === leader) {
        expect(proposed).toBeLessThan(MOST_PROPOSALS);
        expect(await propose(`led-slowly-${(proposed += 1)}`, job)).toBe('recorded');
      }
    } finally {
      await end();
    }
    const { gateway } = await consortium.member(`${SLOW}/officer`);
    await consortium.shown(
      'every job proposed',
      async () => (await gateway.jobs()).length - before,
      (more) => more === proposed,
      SECONDS,
    );
  }, 300_000);

  test('under a peer lets the others’ rounds go on, and its gateway says that what it shows is old', async () => {
    const end = await slow({ syncMs: 2000 }, nodeName('peer', SLOW));
    try {
      const job = await train('slow-peer', 3);
      await finalised(FAST, job);
      let proposed = 0;
      const { checks } = await consortium.shown(
        `${SLOW} behind`,
        async () => {
          // two checkpoints' worth of blocks come soon
          if (proposed < BLOCKS) expect(await propose(`beside-a-slow-peer-${(proposed += 1)}`, job)).toBe('recorded');
          return readiness(SLOW);
        },
        ({ checks: told }) => told?.height !== undefined && told.height !== 'ok',
        SECONDS,
      );
      expect(checks!.height).toMatch(/^at block \d+, [23] of 3 others have had \d+ for 15 s$/);
      expect(await readiness(FAST)).toMatchObject({ status: 200 });
      expect(await node(nodeName('gateway', SLOW))).toMatchObject({ state: 'unready' });
    } finally {
      await end();
    }
    await consortium.shown(
      `${SLOW} ready`,
      () => readiness(SLOW),
      ({ status }) => status === 200,
      SECONDS,
    );
  }, 300_000);
});
