// Faults on a real network that no kill is: an orderer and a peer that stand still, a peer put back from an old copy of its
// folder, a gateway without its projection and artefacts.

import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { NodeStatus } from '@muster/network';
import { cidOf } from '@muster/protocol';
import { peerFolder } from '../../network/src/derive/peer-config.ts';
import { readinessOf, type Readiness } from '../support/readiness.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';

const SECONDS = 60;

let consortium: RealConsortium;
let job: OpenJob;

const readiness = (organisation: string): Promise<Readiness> => readinessOf(consortium.plan(organisation));

const isReady = (organisation: string): Promise<unknown> =>
  consortium.shown(
    `readiness of ${organisation}`,
    () => readiness(organisation),
    ({ status }) => status === 200,
    SECONDS,
  );

async function node(name: string): Promise<NodeStatus> {
  const found = (await consortium.network.supervisor.check()).find((each) => each.name === name);
  return found!;
}

/** Stops a process in its tracks; it keeps its port and its connections, and does nothing. */
async function stand(name: string): Promise<() => void> {
  const { pid } = await node(name);
  process.kill(pid!, 'SIGSTOP');
  return () => process.kill(pid!, 'SIGCONT');
}

/** An act that changes the ledger, by an officer through an organisation's own gateway. */
async function propose(name: string, by = 'army/officer'): Promise<string> {
  const terms = { ...job.terms, name };
  return consortium.handIn('job.propose', await consortium.sealed('job.propose', by, { terms }), by);
}

/** How many jobs a gateway shows. */
async function jobsAt(organisation: string): Promise<number> {
  const { gateway } = await consortium.member(`${organisation}/officer`);
  return (await gateway.jobs()).length;
}

const showsJobs = (organisation: string, count: number): Promise<number> =>
  consortium.shown(
    `${count} jobs at ${organisation}`,
    () => jobsAt(organisation),
    (jobs) => jobs === count,
    SECONDS,
  );

beforeAll(async () => {
  consortium = await RealConsortium.join(['officer', 'agent-1']);
  await consortium.restartOrderers();
  job = await consortium.openJob('faults');
}, 240_000);

afterAll(async () => {
  await consortium.end();
}, 60_000);

test('a leading orderer that stands still is replaced, and its successor, with its vote', async () => {
  for (const turn of ['first', 'second']) {
    const leader = await consortium.network.leaderOrderer();
    const goOn = await stand(leader);
    try {
      expect(await propose(`${turn}-leader-away`)).toBe('recorded');
      expect(await node(leader)).toMatchObject({ state: 'unready' });
    } finally {
      goOn();
    }
    await consortium.shown(
      'the orderer ready again',
      () => node(leader),
      ({ state }) => state === 'ready',
      SECONDS,
    );
    expect(await propose(`${turn}-leader-back`)).toBe('recorded');
  }
}, 300_000);

test('a peer that stands still, as on a disk that does not answer, makes its own gateway unready and no other', async () => {
  const goOn = await stand('peer.marines');
  try {
    await consortium.shown(
      'marines unready',
      () => readiness('marines'),
      ({ status, checks }) => status === 503 && checks?.ledger !== 'ok',
      SECONDS,
    );
    expect(await propose('no-marines')).toBe('recorded');
    expect((await readiness('army')).status).toBe(200);
  } finally {
    goOn();
  }
  await isReady('marines');
  await showsJobs('marines', await jobsAt('army'));
}, 180_000);

test('a peer put back from an old copy of its folder catches up, and its gateway shows nothing old as new', async () => {
  const { supervisor } = consortium.network;
  const folder = peerFolder(consortium.plan('navy'));
  const copy = `${folder}.copy`;
  await supervisor.stopNode('peer.navy');
  await cp(folder, copy, { recursive: true });
  await supervisor.startNodeAgain('peer.navy');
  await isReady('navy');
  expect(await propose('after-the-copy')).toBe('recorded');
  const jobs = await jobsAt('army');
  await showsJobs('navy', jobs);

  await supervisor.stopNode('peer.navy');
  await rm(folder, { recursive: true });
  await cp(copy, folder, { recursive: true });
  await supervisor.startNodeAgain('peer.navy');
  // the projection is beyond what the old peer knows, and does not go back
  expect(await jobsAt('navy')).toBe(jobs);
  await isReady('navy');
  expect(await jobsAt('navy')).toBe(jobs);
  expect(await propose('navy-goes-on', 'navy/officer')).toBe('recorded');
  await showsJobs('navy', jobs + 1);
  await rm(copy, { recursive: true });
}, 240_000);

test('a gateway without projection and artefacts rebuilds the one from block 0 and fetches the others again', async () => {
  const { supervisor } = consortium.network;
  const state = join(consortium.plan('airforce').folder, 'gateway', 'state');
  // navy has shown all that was proposed so far; the others may still be about to
  const jobs = await jobsAt('navy');
  await supervisor.killNode('gateway.airforce');
  for (const name of ['projection.sqlite', 'projection.sqlite-wal', 'projection.sqlite-shm', 'artefacts']) {
    await rm(join(state, name), { recursive: true, force: true });
  }
  await supervisor.startNodeAgain('gateway.airforce');
  // ready means caught up: what is read at once is all of it
  await isReady('airforce');
  const { gateway } = await consortium.member('airforce/officer');
  expect((await gateway.jobs()).length).toBe(jobs);
  const base = await gateway.getArtefact(job.terms.base.cid);
  expect(cidOf(base)).toBe(job.terms.base.cid);
}, 180_000);
