// Rounds of a job with root data over a ledger in memory: validators train on it like agents, and no minority of them chooses the root update.

import { decodeTensors, encodeTensors, type Artefact } from '@muster/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ended, Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse, syntheticShard, type Rehearsal } from '../../../test/support/rehearsal/rehearsal.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';
import { recordAct } from '../client/index.ts';
import { enrolCertificate, type JobOptions } from '../job/index.ts';
import { mlp } from '../models/index.ts';

const organisations = ['army', 'marines', 'navy'];
let members: Members;

beforeAll(async () => {
  members = await Members.create();
});
afterEach(() => members.stop());
afterAll(() => members.remove());

async function startJob(rehearsal: Rehearsal, rest: Partial<JobOptions> = {}): Promise<string> {
  const { data: rootData } = await syntheticShard('root', 24);
  const rule = { name: 'fltrust', options: {} };
  return rehearsal.startJob(members.options(organisations.length, { rule, rootData, ...rest }));
}

/** Records a root update for navy that its validator did not train; without bytes nobody can fetch it. */
async function recordFalse(rehearsal: Rehearsal, job: string, bytes?: Uint8Array): Promise<Artefact> {
  const member = await rehearsal.member('navy', 'liar', 'validator');
  const gateway = rehearsal.gateway('navy');
  await enrolCertificate(gateway, member);
  const { round } = await gateway.round(job, 1);
  const update = await gateway.putArtefact(bytes ?? new TextEncoder().encode('nothing'));
  if (bytes === undefined) rehearsal.store.delete(update.cid);
  const common = { v: 1, iat: Date.now(), by: member.by, job, round: 1 };
  const claims = { ...common, base: round.base.digest, update, metrics: { lossMicro: 0 } };
  await recordAct(gateway, 'round.root', claims, member.signer);
  return update;
}

/** A change of every parameter by as much as one may be. */
function enormous(rehearsal: Rehearsal, job: string): Uint8Array {
  const { base } = rehearsal.consortium.round(job, 1).state;
  const tensors = decodeTensors(rehearsal.store.get(base.cid)!);
  return encodeTensors(
    tensors.map(({ name, shape, data }) => ({ name, shape, data: new Int32Array(data.length).fill(2 ** 28 - 1) })),
  );
}

/** A round with all honest; its root updates and its model. */
async function honestRound(): Promise<{ root: string; model: string }> {
  const rehearsal = await rehearse(organisations);
  await members.startAll(rehearsal);
  const job = await startJob(rehearsal);
  const round = await ended(rehearsal, job, 1);
  const roots = [...rehearsal.consortium.round(job, 1).roots.values()].map(({ update }) => update.digest);
  expect([roots.length, new Set(roots).size]).toEqual([3, 1]);
  expect(round.rootUpdates?.count).toBe(3);
  // the recipe's
  expect(rehearsal.consortium.job(job).state.terms.root?.epochs).toBe(2);
  return { root: roots[0]!, model: round.model!.digest };
}

test('root updates are the same with any number of threads, by which the bits of other training differ', async () => {
  const rehearsal = await rehearse(organisations);
  const [side, batchSize] = [32, 32];
  const model = join(members.folder, 'wide.onnx');
  await writeFile(model, mlp({ sizes: [side * side, 64, 4], seed: 1 }));
  const { data: rootData } = await syntheticShard('root', 2 * batchSize, side);
  for (const [i, organisation] of organisations.entries()) {
    await members.startValidator(rehearsal, organisation, { threads: 2 ** i });
  }
  const job = await startJob(rehearsal, { model, recipe: { epochs: 1, batchSize, stepsPerRun: 1 }, rootData });
  const roots = await waitFor('three root updates', () => {
    const found = rehearsal.consortium.jobs.get(job)?.rounds.get(1)?.roots;
    return found?.size === organisations.length ? [...found.values()] : undefined;
  });
  expect(new Set(roots.map(({ update }) => update.digest)).size).toBe(1);
});

describe('a round with root data', () => {
  let honest: Awaited<ReturnType<typeof honestRound>>;
  beforeAll(async () => {
    honest = await honestRound();
  });

  test('makes the same model though one organisation of three records a false root update', async () => {
    const rehearsal = await rehearse(organisations);
    const job = await startJob(rehearsal);
    await recordFalse(rehearsal, job, enormous(rehearsal, job));
    await members.startAll(rehearsal);
    const round = await ended(rehearsal, job, 1);
    const { roots, attestations } = rehearsal.consortium.round(job, 1);
    expect(roots.get('navy')!.update.digest).not.toBe(honest.root);
    expect(round).toMatchObject({ phase: 'finalised', model: { digest: honest.model } });
    expect([...attestations.values()].map(({ rootUpdates }) => rootUpdates?.excluded)).toEqual([[], [], []]);
  });

  test('leaves out a root update whose bytes are nowhere', async () => {
    const rehearsal = await rehearse(organisations);
    const job = await startJob(rehearsal);
    await recordFalse(rehearsal, job);
    await members.startAll(rehearsal);
    const round = await ended(rehearsal, job, 1);
    const [attestation] = [...rehearsal.consortium.round(job, 1).attestations.values()];
    expect(attestation!.rootUpdates?.excluded).toEqual([{ by: 'navy/liar', code: 'ERR_ARTEFACT_UNKNOWN' }]);
    expect(round.model?.digest).toBe(honest.model);
  });

  test('goes on from round to round, along a server optimiser too and while agents and validators commit', async () => {
    const rehearsal = await rehearse(organisations);
    await members.startAll(rehearsal);
    const rule = { name: 'fed-avg-m', options: { of: { name: 'fltrust', options: {} } } };
    const commitments = { updatesMs: 60_000, attestationsMs: 60_000 };
    const job = await startJob(rehearsal, { rounds: 2, rule, commitments });
    const second = await ended(rehearsal, job, 2);
    expect(second.baseCarry).toBeDefined();
    const losses = [1, 2].map((number) => {
      const [attestation] = [...rehearsal.consortium.round(job, number).attestations.values()];
      return attestation!.evaluation.lossMicro;
    });
    expect(losses[1]).toBeLessThan(losses[0]!);
  });
});
