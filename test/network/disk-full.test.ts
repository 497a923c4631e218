// A full disk under a ledger, on a real network: of one peer, then of one orderer. Each lies on a small file system of its own,
// which takes mounting: where this user may not, the tests are skipped.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NodeStatus } from '@muster/network';
import { ordererFolder } from '../../network/src/derive/orderer-config.ts';
import { peerFolder } from '../../network/src/derive/peer-config.ts';
import { readinessOf, type Readiness } from '../support/readiness.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';
import { mountSmallDisk, moveOnto } from '../support/small-disk.ts';

const SECONDS = 120;
const MEBIBYTES = 96;
/** Logs of LevelDB may have room left in blocks they hold already: so many blocks fill that, too. */
const MOST_BLOCKS = 200;

const disks = { peer: mountSmallDisk(MEBIBYTES), orderer: mountSmallDisk(MEBIBYTES) };
const describeMounted = disks.peer === undefined || disks.orderer === undefined ? describe.skip : describe;

let consortium: RealConsortium;
let job: OpenJob;
let proposed = 0;

const readiness = (organisation: string): Promise<Readiness> => readinessOf(consortium.plan(organisation));

async function node(name: string): Promise<NodeStatus> {
  return (await consortium.network.supervisor.check()).find((each) => each.name === name)!;
}

/** An act that makes a block, by an officer through an organisation's own gateway. */
async function propose(by = 'army/officer'): Promise<string> {
  const terms = { ...job.terms, name: `on-a-full-disk-${(proposed += 1)}` };
  return consortium.handIn('job.propose', await consortium.sealed('job.propose', by, { terms }), by);
}

async function jobsAt(organisation: string): Promise<number> {
  const { gateway } = await consortium.member(`${organisation}/officer`);
  return (await gateway.jobs()).length;
}

/** Goes on proposing until a node is not ready any more: nobody else may notice. @returns how often it took */
async function proposeUntilDown(name: string): Promise<NodeStatus> {
  for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) {
    expect(await propose()).toBe('recorded');
    const status = await node(name);
    if (status.state !== 'ready') return status;
  }
  throw new Error(`${name} is ready after ${MOST_BLOCKS} blocks on a full disk`);
}

const isReadyAgain = (name: string): Promise<NodeStatus> =>
  consortium.shown(
    `${name} ready again`,
    () => node(name),
    ({ state }) => state === 'ready',
    SECONDS,
  );

async function onto(disk: NonNullable<ReturnType<typeof mountSmallDisk>>, name: string, data: string): Promise<void> {
  await consortium.network.supervisor.stopNode(name);
  moveOnto(disk, data);
  await consortium.network.supervisor.startNodeAgain(name);
}

beforeAll(async () => {
  if (disks.peer === undefined || disks.orderer === undefined) return;
  consortium = await RealConsortium.found(['officer']);
  job = await consortium.openJob('disks');
  await onto(disks.peer, 'peer.navy', join(peerFolder(consortium.plan('navy')), 'data'));
  await onto(disks.orderer, 'orderer.marines', join(ordererFolder(consortium.plan('marines')), 'data'));
}, 240_000);

afterAll(async () => {
  if (disks.peer !== undefined && disks.orderer !== undefined) await consortium.end();
  disks.peer?.remove();
  disks.orderer?.remove();
}, 60_000);

describeMounted('a full disk', () => {
  test('of a peer stops that peer and the use of its gateway alone; with room again it catches up by itself', async () => {
    await consortium.shown(
      'navy ready',
      () => readiness('navy'),
      ({ status }) => status === 200,
      SECONDS,
    );
    disks.peer!.fill(0);
    const status = await proposeUntilDown('peer.navy');
    expect(['waiting', 'starting', 'unready']).toContain(status.state);
    const unready = await consortium.shown(
      'navy unready',
      () => readiness('navy'),
      (answer) => answer.status === 503,
      SECONDS,
    );
    expect(unready.checks?.ledger).not.toBe('ok');
    expect((await readiness('army')).status).toBe(200);
    // it tries again and again, and can do nothing
    await consortium.shown(
      'the peer started again in vain',
      () => node('peer.navy'),
      ({ restarts, why }) => restarts >= 2 && why !== undefined,
      SECONDS,
    );
    expect(await propose('marines/officer')).toBe('recorded');

    disks.peer!.empty();
    await isReadyAgain('peer.navy');
    await consortium.shown(
      'navy ready',
      () => readiness('navy'),
      (answer) => answer.status === 200,
      SECONDS,
    );
    // ready means that it follows again; how far behind it was is caught up block by block
    const all = await jobsAt('army');
    await consortium.shown(
      'every job at navy',
      () => jobsAt('navy'),
      (count) => count === all,
      SECONDS,
    );
    expect(await propose('navy/officer')).toBe('recorded');
  }, 300_000);

  test('of an orderer stops that orderer alone; with room again it orders with the others', async () => {
    disks.orderer!.fill(0);
    const status = await proposeUntilDown('orderer.marines');
    expect(['waiting', 'starting', 'unready']).toContain(status.state);
    for (const organisation of consortium.organisations) expect((await readiness(organisation)).status).toBe(200);
    expect(await propose('marines/officer')).toBe('recorded');

    disks.orderer!.empty();
    await isReadyAgain('orderer.marines');
    // three of four order: without another one it is needed
    const { supervisor } = consortium.network;
    await supervisor.stopNode('orderer.airforce');
    expect(await propose()).toBe('recorded');
    await supervisor.startNodeAgain('orderer.airforce');
  }, 300_000);
});
