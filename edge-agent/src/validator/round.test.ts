// A whole round over a ledger in memory: real certificates, real training, real validators; only the network is missing.

import { decodeTensors, encodeTensors } from '@muster/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { recordAct, type Gateway } from '../client/index.ts';
import { fetchJobModel, type JobOptions } from '../job/index.ts';
import { initialParameters } from '../models/index.ts';
import { exportModel } from '../train/index.ts';
import { ended, Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse, type Rehearsal } from '../../../test/support/rehearsal/rehearsal.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';

const organisations = ['army', 'marines', 'navy'];
let members: Members;

beforeAll(async () => {
  members = await Members.create();
});
afterEach(() => members.stop());
afterAll(() => members.remove());

const options = (rest: Partial<JobOptions> = {}): ReturnType<Members['options']> =>
  members.options(organisations.length, rest);

/** A gateway that lies, delays or loses in one way. */
function spoilt(gateway: Gateway, spoil: Partial<Gateway>): Gateway {
  return { ...gateway, ...spoil };
}

describe('a round', () => {
  test('runs from open to finalised, and the model gets better from round to round', async () => {
    const rehearsal = await rehearse(organisations);
    await members.startAll(rehearsal);
    const job = await rehearsal.startJob(options({ rounds: 3 }));
    const last = await ended(rehearsal, job, 3);
    expect(last).toMatchObject({ phase: 'finalised', updates: { count: 3 } });
    const { attestations } = rehearsal.consortium.round(job, 3);
    const losses = [...attestations.values()].map(({ evaluation }) => evaluation.lossMicro);
    const first = [...rehearsal.consortium.round(job, 1).attestations.values()][0]!.evaluation.lossMicro;
    expect(Math.max(...losses)).toBeLessThan(first);
    expect(rehearsal.consortium.job(job).state.status).toBe('finished');
  });

  test('may train low-rank adapters alone, and what they make of the model is a plain file again', async () => {
    const rehearsal = await rehearse(['army']);
    await members.startAll(rehearsal);
    const recipe = {
      optimiser: { name: 'adamw' as const, learningRate: 0.02 },
      lora: { rank: 2, alpha: 4, targets: ['dense?.weight'] },
      ...{ clip: { norm: 1 }, epochs: 4, batchSize: 8, stepsPerRun: 2 },
    } satisfies JobOptions['recipe'];
    const job = await rehearsal.startJob(members.options(1, { rounds: 2, recipe }));
    await ended(rehearsal, job, 2);
    const evaluations = [1, 2].map(
      (round) => [...rehearsal.consortium.round(job, round).attestations.values()][0]!.evaluation,
    );
    expect(evaluations[1]!.lossMicro).toBeLessThan(evaluations[0]!.lossMicro);
    expect(evaluations[1]).toHaveProperty('aucMicro');
    const made = await fetchJobModel(rehearsal.gateway('army'), job);
    expect([made.round, made.parameters.size]).toEqual([2, 4]);
    const plain = exportModel(made.model, made.recipe, made.parameters);
    expect(initialParameters(plain).map(({ name }) => name)).toEqual(
      initialParameters(made.model).map(({ name }) => name),
    );
    // what is sealed needs no checkpoint any more
    const left = (await readdir(members.folder, { recursive: true })).filter((path) => path.includes('checkpoints/'));
    expect(left).toEqual([]);
  });

  test('hands on what the rule carries, to a validator too that begins anew', async () => {
    const rehearsal = await rehearse(organisations);
    for (const organisation of organisations) await members.startAgent(rehearsal, organisation);
    const leaves = new AbortController();
    await members.startValidator(rehearsal, 'navy', { signal: leaves.signal });
    for (const organisation of ['army', 'marines']) await members.startValidator(rehearsal, organisation);
    const rule = { name: 'fed-adam', options: { lr: 0.01, of: { name: 'median', options: { maliciousPercent: 0 } } } };
    const job = await rehearsal.startJob(options({ rounds: 3, rule, quorum: { attestations: 3 } }));
    const first = await ended(rehearsal, job, 1);
    leaves.abort();
    await members.startValidator(rehearsal, 'navy');
    const last = await ended(rehearsal, job, 3);
    const second = rehearsal.consortium.round(job, 2).state;
    expect([second.baseCarry, last.baseCarry]).toEqual([first.carry, second.carry]);
    const names = decodeTensors(rehearsal.store.get(last.carry!.cid)!).map(({ name }) => name.split('/')[0]);
    expect(new Set(names)).toEqual(new Set(['momentum', 'square']));
    expect(last.attestedBy).toEqual(organisations);
  });

  test('gives the same model again for the same terms, whatever the job is called on the ledger', async () => {
    const models: (string | undefined)[] = [];
    for (let run = 0; run < 2; run++) {
      const rehearsal = await rehearse(organisations);
      await members.startAll(rehearsal);
      const job = await rehearsal.startJob(options());
      models.push((await ended(rehearsal, job, 1)).model?.digest);
    }
    expect(models[0]).toMatch(/^sha256:/);
    expect(models[1]).toBe(models[0]);
  });

  test('makes one digest at validators that get the updates in different orders', async () => {
    const rehearsal = await rehearse(organisations);
    for (const organisation of organisations) await members.startAgent(rehearsal, organisation);
    for (const [turn, organisation] of organisations.entries()) {
      const gateway = rehearsal.gateway(organisation);
      let fetched = 0;
      // each validator has to wait for another one of the updates
      const getArtefact = async (cid: string): Promise<Uint8Array> => {
        if (fetched++ === turn)
          await waitFor('the round to have all updates', () => (allUpdates(rehearsal) ? true : undefined));
        return gateway.getArtefact(cid);
      };
      await members.startValidator(rehearsal, organisation, { gateway: spoilt(gateway, { getArtefact }) });
    }
    const job = await rehearsal.startJob(options());
    await ended(rehearsal, job, 1);
    const attestations = [...rehearsal.consortium.round(job, 1).attestations.values()];
    expect(attestations).toHaveLength(organisations.length);
    expect(new Set(attestations.map(({ aggregate }) => aggregate.digest)).size).toBe(1);
  });

  test('leaves out updates that are malformed, of another layout or in no store, each with its code', async () => {
    const rehearsal = await rehearse(organisations);
    await members.startAgent(rehearsal, 'army');
    const job = await rehearsal.startJob(options({ agents: 4, participation: { minimum: 1, complete: 4 } }));
    const bad = {
      'agent-2': new Uint8Array([1, 2, 3]),
      'agent-3': encodeTensors([{ name: 'other', shape: [1], data: Int32Array.of(1) }]),
      'agent-4': undefined,
    };
    for (const [name, bytes] of Object.entries(bad)) await submitUnsafe(rehearsal, job, name, bytes);
    for (const organisation of organisations) await members.startValidator(rehearsal, organisation);
    const round = await ended(rehearsal, job, 1);
    expect(round.phase).toBe('finalised');
    const [attestation] = [...rehearsal.consortium.round(job, 1).attestations.values()];
    expect(attestation!.excluded).toEqual([
      { by: 'army/agent-2', code: 'ERR_TENSORS_MALFORMED' },
      { by: 'army/agent-3', code: 'ERR_UPDATE_LAYOUT' },
      { by: 'army/agent-4', code: 'ERR_ARTEFACT_UNKNOWN' },
    ]);
  });

  test.each(['loss-difference', 'leave-one-out'] as const)(
    'is scored by %s and settled for every organisation, the last one too',
    async (method) => {
      const rehearsal = await rehearse(organisations);
      await members.startAll(rehearsal);
      const job = await rehearsal.startJob(options({ rounds: 2, scores: { method, examples: 15 } }));
      const pages = await waitFor('both rounds to be settled', () => {
        const held = organisations.map((each) => rehearsal.consortium.jobs.get(job)?.reputations.get(each)?.[0]);
        return held.every((page) => page?.round === 2) ? held : undefined;
      });
      expect(rehearsal.consortium.job(job).state.status).toBe('finished');
      for (const page of pages) expect(page?.agents).toMatchObject({ 'agent-1': { rounds: 2 } });
      const { attestations } = rehearsal.consortium.round(job, 1);
      // a first step of honest training helps on every hold-out
      const scores = [...attestations.values()].map((each) => each.scores ?? []);
      expect(scores.map(({ length }) => length)).toEqual([3, 3, 3]);
      if (method === 'loss-difference') expect(Math.min(...scores.flat())).toBeGreaterThan(0);
    },
  );

  test('is finalised by those who agree while one organisation attests another model', async () => {
    const four = [...organisations, 'spaceforce'];
    const rehearsal = await rehearse(four);
    await members.startAgent(rehearsal, 'army');
    await members.startAgent(rehearsal, 'navy');
    for (const organisation of organisations) await members.startValidator(rehearsal, organisation);
    // its gateway never finds navy's update, so it makes another model
    const gateway = rehearsal.gateway('spaceforce');
    const getArtefact = (cid: string): Promise<Uint8Array> =>
      gateway.getArtefact(isOf(rehearsal, 'navy', cid) ? `${cid.slice(0, -1)}${cid.endsWith('a') ? 'b' : 'a'}` : cid);
    await members.startValidator(rehearsal, 'spaceforce', { gateway: spoilt(gateway, { getArtefact }) });
    const job = await rehearsal.startJob(options({ agents: 2, participation: { minimum: 1, complete: 2 } }));
    const round = await ended(rehearsal, job, 1);
    expect(round).toMatchObject({ phase: 'finalised', attestedBy: organisations });
  });

  test('is abandoned when its window ends with too few updates, and the next opens on the same base', async () => {
    const rehearsal = await rehearse(organisations);
    for (const organisation of organisations) await members.startValidator(rehearsal, organisation);
    const job = await rehearsal.startJob(options({ windows: { updatesMs: 200 } }));
    const round = await ended(rehearsal, job, 1);
    expect(round.phase).toBe('abandoned');
    expect(rehearsal.consortium.round(job, 2).state.base).toEqual(round.base);
  });
});

function allUpdates({ consortium }: Rehearsal): boolean {
  return [...consortium.jobs.keys()].every((job) => consortium.round(job, 1).updates.size === organisations.length);
}

function isOf({ consortium }: Rehearsal, organisation: string, cid: string): boolean {
  const pages = [...consortium.jobs.keys()].map((job) => consortium.round(job, 1).updates.get(organisation));
  return pages.some((page) => Object.values(page?.updates ?? {}).some(({ update }) => update.cid === cid));
}

/** Records an update of bytes that no honest agent would send; without bytes the artefact is withheld. */
async function submitUnsafe(rehearsal: Rehearsal, job: string, name: string, bytes?: Uint8Array): Promise<void> {
  const member = await rehearsal.member('army', name, 'agent');
  const gateway = rehearsal.gateway('army');
  const common = { v: 1, iat: Date.now(), by: member.by };
  await recordAct(gateway, 'consortium.enrol', { ...common, certificate: member.certificatePem }, member.signer);
  const update = await gateway.putArtefact(bytes ?? new TextEncoder().encode(name));
  if (bytes === undefined) rehearsal.store.delete(update.cid);
  const { round } = await gateway.round(job, 1);
  const claims = {
    ...common,
    job,
    round: 1,
    base: round.base.digest,
    update,
    examples: 1,
    dataset: { root: update.digest, size: 1 },
    metrics: { lossMicro: 0 },
    privacy: { mechanism: 'none' },
  };
  await recordAct(gateway, 'round.update', claims, member.signer);
}
