// An agent's control variates: from the ledger, whatever became of its folder, and of the right updates only.

import {
  digestOf,
  encodeCarry,
  encodeTensors,
  MusterError,
  type Artefact,
  type JobState,
  type Parameters,
  type RoundState,
} from '@muster/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse } from '../../../test/support/rehearsal/rehearsal.ts';
import type { EventRow, Gateway, RoundView } from '../client/index.ts';
import { parseRecipe } from '../train/index.ts';
import { silentLog, type JobSight } from '../watch/index.ts';
import { Controls } from './controls.ts';

const SCAFFOLD = { name: 'scaffold', options: {} };

describe('agents of a job with control variates', () => {
  const organisations = ['army', 'marines', 'navy'];
  let members: Members;
  beforeAll(async () => {
    members = await Members.create();
  });
  afterEach(() => members.stop());
  afterAll(() => members.remove());

  /** Three rounds; one agent may lose its folder, and all it knew, after the first. @returns the models */
  async function play(loses: boolean): Promise<(string | undefined)[]> {
    const rehearsal = await rehearse(organisations);
    const leaves = new AbortController();
    const state = await members.state();
    for (const organisation of ['army', 'marines']) await members.startAgent(rehearsal, organisation);
    const agent = await members.startAgent(rehearsal, 'navy', { signal: leaves.signal, state });
    for (const organisation of organisations) await members.startValidator(rehearsal, organisation);
    const recipe = { steps: 8, batchSize: 8, stepsPerRun: 3 };
    const job = await rehearsal.startJob(
      members.options(3, { rounds: 3, rule: SCAFFOLD, recipe, participation: { minimum: 3 } }),
    );
    await ended(rehearsal, job, 1);
    leaves.abort();
    await agent.ended;
    if (loses) await rm(state, { recursive: true });
    await members.startAgent(rehearsal, 'navy', { state });
    await ended(rehearsal, job, 3);
    return [1, 2, 3].map((round) => rehearsal.consortium.round(job, round).state.model?.digest);
  }

  test('train to the same bits where one has lost its folder, and works its control variate out again', async () => {
    const [kept, lost] = [await play(false), await play(true)];
    expect(new Set(kept).size).toBe(3);
    expect(lost).toEqual(kept);
  });
});

describe('a control variate', () => {
  const FORMAT = { fractionBits: 8, magnitudeBits: 20 };
  const BY = 'army/agent-1';
  const JOB = 'ab'.repeat(16);
  const recipe = parseRecipe({
    v: 1,
    loss: 'cross-entropy',
    optimiser: { name: 'sgd', learningRate: 0.5 },
    proximal: 0,
    control: 1,
    steps: 4,
    batchSize: 8,
    stepsPerRun: 1,
  });
  const base: Parameters = [
    { name: 'weight', shape: [2], data: Float32Array.of(0, 0) },
    { name: 'mean', shape: [1], data: Float32Array.of(0) },
  ];
  const trained = base.slice(0, 1);
  const state = { rule: 'mean' as const, tensors: ['mean'], nonNegative: [] };
  const rule = { name: 'scaffold', options: { rate: 2, agents: 1 } };
  const job = { job: JOB, terms: { rule, state, fixedPoint: FORMAT } } as unknown as JobState;

  let store: Map<string, Uint8Array>;
  let views: Map<number, RoundView>;
  let folder: string;
  beforeEach(async () => {
    store = new Map();
    views = new Map();
    folder = await mkdtemp(join(tmpdir(), 'muster-controls-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const keep = (bytes: Uint8Array): Artefact => {
    const digest = digestOf(bytes);
    store.set(digest, bytes);
    return { cid: digest, digest, size: bytes.length };
  };
  const updateOf = (weight: number): Uint8Array =>
    encodeTensors([
      { name: 'weight', shape: [2], data: Int32Array.of(weight * 256, 0) },
      { name: 'mean', shape: [1], data: Int32Array.of(77) },
    ]);
  const carryOf = (value: number): Artefact => keep(encodeCarry(['control'], [Float32Array.of(value, 0)], trained));

  /** Adds the next round: what was carried into it, the agent's update, and how it ended. */
  function round(
    carried: number,
    change: number,
    rest: { phase?: RoundState['phase']; excluded?: string[] } = {},
  ): void {
    const number = views.size + 1;
    const { phase = 'finalised', excluded = [] } = rest;
    const at = { job: JOB, round: number };
    const view = {
      round: { ...at, phase, baseCarry: carryOf(carried), ...(phase === 'finalised' && { attestedBy: ['navy'] }) },
      updates: [{ ...at, by: BY, update: keep(updateOf(change)) }],
      attestations: [
        { organisation: 'marines', excluded: [{ by: BY, code: 'ERR_DISSENTS' }] },
        { organisation: 'navy', excluded: excluded.map((by) => ({ by, code: 'ERR_UPDATE_COPIED' })) },
      ],
    };
    views.set(number, view as unknown as RoundView);
  }

  const gateway = {
    find: (_query: unknown, limit: number) => {
      const rows = [...views.values()].reverse().map(({ updates: [data] }) => ({ type: 'round.updated', data }));
      return Promise.resolve(rows.slice(0, limit) as unknown as EventRow[]);
    },
    round: (_job: string, number: number) => Promise.resolve(views.get(number)!),
  } as unknown as Gateway;

  const asked: string[] = [];
  const controls = (): Controls =>
    new Controls({
      ...{ folder, gateway, by: BY, log: silentLog },
      fetchArtefact: ({ digest, cid }) => {
        asked.push(digest);
        const bytes = store.get(digest);
        if (bytes === undefined) return Promise.reject(new MusterError('ERR_ARTEFACT_UNKNOWN', { cid }));
        return Promise.resolve(bytes);
      },
    });
  /** What is added in the next round, into which nothing is carried: so −cᵢ. */
  async function own(): Promise<number[]> {
    const sight = { job, round: { job: JOB, round: views.size + 1, phase: 'open' } } as unknown as JobSight;
    asked.length = 0;
    return [...(await controls().of(sight, base, recipe)).values].map((value) => 0 - value);
  }

  test('begins at 0, and is the mean gradient of the updates that counted, without what was added to them', async () => {
    expect(await own()).toEqual([0, 0]);
    round(0, -4);
    expect(await own()).toEqual([2, 0]);
    // c − cᵢ = −1 was added to a gradient of 3, four times at 0.5
    round(1, -4);
    expect(await own()).toEqual([3, 0]);
  });

  test('passes over updates that counted for nothing: left out, or of an abandoned round', async () => {
    round(0, -4);
    round(1, -100, { excluded: [BY] });
    round(1, -200, { phase: 'abandoned' });
    expect(await own()).toEqual([2, 0]);
  });

  test('waits for a gateway that does not know yet how a round ended', async () => {
    round(0, -4, { phase: 'closed' });
    await expect(own()).rejects.toMatchObject({ code: 'ERR_WAIT_EXPIRED', family: 'unreachable' });
  });

  test('is kept in private files, of which two stay, and nothing need be fetched for it then', async () => {
    for (let number = 1; number <= 3; number++) {
      const sight = { job, round: { job: JOB, round: number, phase: 'open' } } as unknown as JobSight;
      const correction = await controls().of(sight, base, recipe);
      expect([...correction.parameters.keys()]).toEqual(['weight']);
      await correction.keep(updateOf(-number));
      round(0, -number);
    }
    const files = await readdir(join(folder, JOB));
    expect(files.map((name) => name.split('-')[0]).sort()).toEqual(['2', '3']);
    for (const name of files) expect((await stat(join(folder, JOB, name))).mode & 0o777).toBe(0o600);
    const found = await own();
    expect(asked).toEqual([]);
    // a torn file is as good as none
    for (const name of files) await writeFile(join(folder, JOB, name), 'torn');
    expect(await own()).toEqual(found);
    expect(asked.length).toBe(6);
    await controls().forget(JOB);
    expect(await readdir(folder)).toEqual([]);
  });

  test('of an update that was made and never counted is not used', async () => {
    round(0, -4);
    const sight = { job, round: { job: JOB, round: 2, phase: 'open' } } as unknown as JobSight;
    await (await controls().of(sight, base, recipe)).keep(updateOf(-100));
    round(0, -8);
    expect(await own()).toEqual([6, 0]);
  });

  test('begins anew where what it was made of is nowhere to be had', async () => {
    round(0, -4);
    round(0, -6);
    store.delete(digestOf(updateOf(-4)));
    expect(await own()).toEqual([3, 0]);
  });
});
