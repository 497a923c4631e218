// Hostile artefacts, stores and endorsers against real validators: what cannot count is left out by everybody with its reason
// on the ledger, what was missing counts once it is found, and a peer that is down holds no round up.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { nodeName, validatorSpec } from '@muster/network';
import { canonicalise, digestOf, encodeTensors, type Artefact, type Tensor } from '@muster/protocol';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { writeValidatorConfig } from '../../network/src/start/run-members.ts';
import { artefactOf, modelOf, steps, submit as handInUpdate } from '../support/hand-made-updates.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';

let consortium: RealConsortium;

beforeAll(async () => {
  consortium = await RealConsortium.join(['agent-1', 'agent-2', 'validator']);
  const { plan } = consortium.network;
  await distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: 1, most: 500 });
  for (const own of plan.organisations) await writeValidatorConfig(plan, own);
}, 240_000);
afterAll(() => consortium.end(), 180_000);

const started = new Set<string>();

/** Starts the validator of an organisation, or starts it again. */
async function startValidator(organisation: string): Promise<void> {
  const { supervisor, plan, runWith } = consortium.network;
  if (started.has(organisation)) await supervisor.startNodeAgain(nodeName('validator', organisation));
  else await supervisor.startNode(validatorSpec(plan, consortium.plan(organisation), runWith));
  started.add(organisation);
}

const submit = (job: OpenJob, by: string, bytes: Uint8Array | undefined, claimed: Artefact): Promise<void> =>
  handInUpdate(consortium, job, by, bytes, claimed);

const roundAt = async (organisation: string, job: OpenJob) => {
  const { gateway } = await consortium.member(`${organisation}/officer`);
  return gateway.round(job.job, 1);
};
const finalised = (job: OpenJob, seconds = 120): ReturnType<RealConsortium['finalised']> =>
  consortium.finalised('navy/officer', job, seconds);

describe('validators', () => {
  test('attest anew once a missing artefact turns up, and then agree', async () => {
    const quorum = { approvals: 3, attestations: 4 };
    const job = await consortium.openJob('missing', { agents: 2, participation: { minimum: 1 }, quorum });
    // values of its own: stores on this network hold what other files' jobs were given
    const [one, two] = [encodeTensors(steps(job, 101)), encodeTensors(steps(job, 102))];
    await startValidator('army');
    for (const organisation of ['navy', 'airforce', 'marines']) {
      const { gateway } = await consortium.member(`${organisation}/officer`);
      for (const { cid } of [job.terms.base, job.terms.model, job.terms.recipe]) await gateway.getArtefact(cid);
    }
    // only the store of army holds this one, and only its own validator has fetched it when that gateway dies
    await submit(job, 'army/agent-1', one, artefactOf(one));
    await submit(job, 'navy/agent-1', two, artefactOf(two));
    const attestationsAt = async (organisation: string) => (await roundAt(organisation, job)).attestations;
    await consortium.shown(
      'the attestation of army',
      () => attestationsAt('navy'),
      ({ length }) => length === 1,
    );
    await consortium.network.supervisor.killNode(nodeName('gateway', 'army'));
    await Promise.all(['navy', 'airforce', 'marines'].map(startValidator));
    const excluded = [{ by: 'army/agent-1', code: 'ERR_ARTEFACT_UNKNOWN' }];
    try {
      await consortium.shown(
        'three attestations without the missing artefact',
        () => attestationsAt('navy'),
        (all) => all.filter((each) => canonicalise(each.excluded) === canonicalise(excluded)).length === 3,
        120,
      );
    } finally {
      await consortium.network.supervisor.startNodeAgain(nodeName('gateway', 'army'));
    }
    const { round, attestations } = await finalised(job);
    expect(round.attestedBy).toEqual(['airforce', 'army', 'marines', 'navy']);
    expect(attestations.map((each) => each.excluded)).toEqual([[], [], [], []]);
  }, 300_000);

  test('leave out each update that cannot count, with the reason on the ledger, and count the good one alone', async () => {
    const job = await consortium.openJob('artefacts', { agents: 8, participation: { minimum: 1 } });
    const good = steps(job);
    const [first, second, ...rest] = good as [Tensor<Int32Array>, Tensor<Int32Array>];
    const withFirst = (data: Int32Array | Float32Array, shape = first.shape): Uint8Array =>
      encodeTensors([{ ...first, shape, data }, second, ...rest]);
    const floats = new Float32Array(first.data.length).fill(NaN);
    const extreme = Int32Array.from(first.data);
    extreme[0] = -(2 ** 31);
    const whole = encodeTensors(good);
    const longer = Buffer.concat([whole, Buffer.from([0])]);
    const updates: Record<string, readonly [Uint8Array | undefined, Artefact]> = {
      'airforce/agent-1': [withFirst(floats), artefactOf(withFirst(floats))],
      'airforce/agent-2': [
        withFirst(first.data, [first.data.length]),
        artefactOf(withFirst(first.data, [first.data.length])),
      ],
      'army/agent-1': [whole, artefactOf(whole)],
      'army/agent-2': [encodeTensors([second, first, ...rest]), artefactOf(encodeTensors([second, first, ...rest]))],
      'marines/agent-1': [withFirst(extreme), artefactOf(withFirst(extreme))],
      'marines/agent-2': [whole.subarray(0, 100), artefactOf(whole.subarray(0, 100))],
      'navy/agent-1': [undefined, artefactOf(Buffer.from('nobody ever stored this'))],
      // a content id that names other bytes than the digest does
      'navy/agent-2': [longer, { ...artefactOf(longer), digest: digestOf('other bytes') }],
    };
    for (const [by, [bytes, claimed]] of Object.entries(updates)) await submit(job, by, bytes, claimed);
    const { round, attestations } = await finalised(job);
    expect(round.model?.digest).toBe(modelOf(job, 1));
    const reasons = [
      { by: 'airforce/agent-1', code: 'ERR_UPDATE_LAYOUT' },
      { by: 'airforce/agent-2', code: 'ERR_UPDATE_LAYOUT' },
      { by: 'army/agent-2', code: 'ERR_UPDATE_LAYOUT' },
      { by: 'marines/agent-1', code: 'ERR_UPDATE_RANGE' },
      { by: 'marines/agent-2', code: 'ERR_TENSORS_MALFORMED' },
      { by: 'navy/agent-1', code: 'ERR_ARTEFACT_UNKNOWN' },
      { by: 'navy/agent-2', code: 'ERR_ARTEFACT_MISMATCH' },
    ];
    for (const { excluded } of attestations) expect(excluded).toEqual(reasons);
    expect(attestations.length).toBeGreaterThanOrEqual(3);
  }, 300_000);

  test('are not misled by a store that serves other bytes: they ask another, and count a copied update once', async () => {
    const job = await consortium.openJob('altered', { agents: 2, participation: { minimum: 1 } });
    const change = steps(job).map((tensor) => ({ ...tensor, data: tensor.data.map(() => 3) }));
    const bytes = encodeTensors(change);
    const { cid } = artefactOf(bytes);
    for (const organisation of ['army', 'navy']) {
      await (await consortium.member(`${organisation}/officer`)).gateway.putArtefact(bytes);
    }
    const store = join(consortium.plan('army').folder, 'gateway', 'state', 'artefacts');
    const altered = Buffer.from(bytes);
    altered[altered.length - 1]! ^= 1;
    await writeFile(join(store, cid.slice(-2), cid), altered);
    await submit(job, 'army/agent-1', undefined, artefactOf(bytes));
    await submit(job, 'navy/agent-1', undefined, artefactOf(bytes));
    const { attestations } = await finalised(job);
    const copied = [{ by: 'navy/agent-1', code: 'ERR_UPDATE_COPIED' }];
    expect(attestations.map(({ excluded }) => excluded)).toEqual(attestations.map(() => copied));
  }, 300_000);
});

describe('a peer that is down', () => {
  /** The codes of a validator's tries to finalise a job's round that failed, as its log tells them. */
  async function failedTries(organisation: string, { job }: OpenJob): Promise<string[]> {
    const nodes = await consortium.network.supervisor.status();
    const { log } = nodes.find(({ name }) => name === nodeName('validator', organisation))!;
    return (await readFile(log, 'utf8'))
      .split('\n')
      .filter((line) => line.includes(job) && line.includes('"deed":"finalise"'))
      .flatMap((line) => (JSON.parse(line) as { code?: string }).code ?? []);
  }

  test('is left out by the finaliser after one try, although its organisation attested', async () => {
    await Promise.all(
      consortium.organisations.map((name) => consortium.network.supervisor.stopNode(nodeName('validator', name))),
    );
    const job = await consortium.openJob('rotation', { agents: 1 });
    const { base } = job.terms;
    await submit(job, 'army/agent-1', undefined, base);
    const close = await consortium.sealed('round.close', 'army/validator', { job: job.job, round: 1 });
    expect(await consortium.handIn('round.close', close, 'army/validator')).toBe('recorded');
    const claims = await consortium.attestation(job, base);
    for (const organisation of consortium.organisations) {
      const by = `${organisation}/validator`;
      const attestation = await consortium.sealed('round.attest', by, claims);
      expect(await consortium.handIn('round.attest', attestation, by)).toBe('recorded');
    }
    await consortium.network.supervisor.killNode(nodeName('peer', 'marines'));
    await startValidator('army');
    const { round } = await finalised(job, 120);
    expect(round.attestedBy).toEqual(['airforce', 'army', 'navy']);
    expect(await failedTries('army', job)).toEqual(['ERR_ENDORSER_SILENT']);
  }, 300_000);
});
