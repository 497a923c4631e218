// Commitments on a real network: an organisation that copies another's attestation is refused or named with its evidence, and
// agents and validators that are killed after committing show the very envelope that they committed to.

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { enrolCertificate, recordEnvelope } from '@muster/edge-agent';
import { nodeName, validatorSpec } from '@muster/network';
import {
  digestOf,
  encodeTensors,
  cidOf,
  decodeParameters,
  isSelected,
  type Artefact,
  type AttestationState,
} from '@muster/protocol';
import { seededRandom } from '../../edge-agent/src/train/index.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { agentSpec, writeValidatorConfig } from '../../network/src/start/run-members.ts';
import { muster } from '../support/muster.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';

/** Longer than any of this takes: rounds go on because all have committed, not because time is over. */
const WINDOW_MS = 240_000;
const LAZY = 'airforce';
const honest = ['army', 'marines', 'navy'];

let consortium: RealConsortium;

beforeAll(async () => {
  consortium = await RealConsortium.join(['agent-1', 'agent-2', 'validator']);
  const { plan, supervisor, runWith } = consortium.network;
  await distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: 1, most: 500 });
  for (const organisation of honest) {
    const own = consortium.plan(organisation);
    await writeValidatorConfig(plan, own);
    await supervisor.startNode(validatorSpec(plan, own, runWith));
  }
}, 240_000);
afterAll(() => consortium.end(), 180_000);

const artefactOf = (bytes: Uint8Array): Artefact => ({
  cid: cidOf(bytes),
  digest: digestOf(bytes),
  size: bytes.length,
});
const roundOf = async ({ job }: OpenJob, organisation = 'navy') =>
  (await consortium.member(`${organisation}/officer`)).gateway.round(job, 1);
type View = Awaited<ReturnType<typeof roundOf>>;
const shown = (what: string, job: OpenJob, holds: (view: View) => boolean): Promise<View> =>
  consortium.shown(what, () => roundOf(job), holds, 120);
const commitmentsTo = (of: string, { commitments = [] }: View) => commitments.filter((each) => each.of === of);

/** Commits to the text of an envelope. */
async function commit(job: OpenJob, by: string, of: 'update' | 'attestation', sealed: string): Promise<string> {
  const claims = { job: job.job, round: 1, of, commitment: digestOf(sealed) };
  return consortium.handIn('round.commit', await consortium.sealed('round.commit', by, claims), by);
}

/** Every value of the base changed by one step. */
const stepped = ({ base }: OpenJob): Uint8Array =>
  encodeTensors(
    decodeParameters(base).map(({ name, shape, data }) => ({ name, shape, data: new Int32Array(data.length).fill(1) })),
  );

/**
 * A job whose only update is handed in, and whose round the honest validators have closed and committed to.
 * @param closing called as soon as the round may be closed
 */
async function sealedJob(
  name: string,
  attestations: number,
  closing: () => unknown = () => undefined,
): Promise<OpenJob> {
  const quorum = { approvals: 3, attestations };
  const commitments = { attestationsMs: WINDOW_MS };
  const job = await consortium.openJob(name, { agents: 1, participation: { minimum: 1 }, quorum, commitments });
  const update = stepped(job);
  const { gateway } = await consortium.member('army/agent-1');
  await gateway.putArtefact(update);
  const envelope = await consortium.sealed('round.update', 'army/agent-1', consortium.update(job, artefactOf(update)));
  expect(await consortium.handIn('round.update', envelope, 'army/agent-1')).toBe('recorded');
  closing();
  await shown('commitments of the honest', job, (view) => commitmentsTo('attestation', view).length === honest.length);
  return job;
}

/** What the lazy organisation states: another's result in its own name. */
async function copied(job: OpenJob, of: AttestationState): Promise<string> {
  const claims = { ...(await consortium.attestation(job, of.aggregate)), excluded: of.excluded };
  return consortium.sealed('round.attest', `${LAZY}/validator`, claims);
}

const attestations = (job: OpenJob, organisations: readonly string[]): Promise<View> =>
  shown(`attestations of ${organisations.join(', ')}`, job, (view) =>
    organisations.every((name) => view.attestations.some(({ organisation }) => organisation === name)),
  );

describe('an organisation that does not recompute', () => {
  const by = `${LAZY}/validator`;

  test('has nothing to copy in time, and what it committed to instead keeps its copy out', async () => {
    const job = await sealedJob('lazy', 3);
    expect((await roundOf(job)).attestations).toEqual([]);
    const guess = await consortium.sealed('round.attest', by, await consortium.attestation(job, job.terms.base));
    expect(await consortium.handIn('round.attest', guess, by)).toBe('ERR_ROUND_PHASE');
    expect(await commit(job, by, 'attestation', 'anything at all')).toBe('recorded');
    const { attestations: made } = await attestations(job, ['army']);
    expect(await consortium.handIn('round.attest', await copied(job, made[0]!), by)).toMatch(
      /^ERR_(COMMITMENT_MISMATCH|ROUND_PHASE)$/,
    );
    const { round } = await shown('the round finalised', job, (view) => view.round.phase === 'finalised');
    expect(round).toMatchObject({ attestedBy: honest, committedBy: [LAZY, ...honest], dependent: [] });
    // other files' jobs on this network make the same model
    const own = ['--job', job.job, '--state', consortium.network.plan.state];
    const audited = await muster('audit', 'verify', round.model!.digest, ...own);
    expect(audited).toContain('3 of 3 attestations are what was committed to before any was shown');
    const commitment = digestOf('anything at all');
    expect(audited).toContain(`${LAZY} in round 1: it committed to ${commitment} and showed nothing`);
  }, 300_000);

  test('is named, with its evidence, where it shows a guess first and another’s result after', async () => {
    const job = await sealedJob('guessing', 4);
    const guess = await consortium.sealed('round.attest', by, await consortium.attestation(job, job.terms.base));
    expect(await commit(job, by, 'attestation', guess)).toBe('recorded');
    const { attestations: made } = await attestations(job, honest);
    expect(new Set(made.map(({ aggregate }) => aggregate.digest)).size).toBe(1);
    expect(await consortium.handIn('round.attest', guess, by)).toBe('recorded');
    expect(await consortium.handIn('round.attest', await copied(job, made[0]!), by)).toBe('recorded');
    const { round, attestations: all } = await shown('the end', job, (view) => view.round.phase === 'finalised');
    expect(round).toMatchObject({ attestedBy: [LAZY, ...honest], dependent: [LAZY] });
    expect(all.map(({ independent }) => independent)).toEqual([false, true, true, true]);
    const state = ['--state', consortium.network.plan.state];
    expect(await muster('job', 'show', job.job, ...state)).toContain(`${LAZY}* army marines navy`);
    const audited = await muster('audit', 'verify', round.model!.digest, '--job', job.job, ...state);
    expect(audited).toContain('3 of 4 attestations are what was committed to before any was shown');
    expect(audited).toContain(`${LAZY} in round 1: it committed to ${digestOf(guess)} in transaction`);
  }, 300_000);
});

test('agents that a seed does not take are refused, and its making is in the audit', async () => {
  const options = { agents: 1, participation: { minimum: 1 }, rounds: 3, selection: { perMille: 500 } };
  const job = await consortium.openJob('lot', { ...options, quorum: { approvals: 3, attestations: 3 } });
  const update = stepped(job);
  await (await consortium.member('army/agent-1')).gateway.putArtefact(update);
  const at = (round: number) =>
    consortium.shown(
      `round ${round} open`,
      async () => (await (await consortium.member('navy/officer')).gateway.round(job.job, round)).round,
      ({ phase }) => phase === 'open',
      120,
    );
  const submit = async (by: string, round: number): Promise<string> => {
    const { base } = await at(round);
    const claims = { ...consortium.update(job, artefactOf(update)), round, base: base.digest };
    return consortium.handIn('round.update', await consortium.sealed('round.update', by, claims), by);
  };
  for (const round of [1, 2]) expect(await submit('army/agent-1', round)).toBe('recorded');
  const third = await at(3);
  expect(third.seed).toMatch(/^sha256:/);
  const agents = consortium.organisations.flatMap((name) => [`${name}/agent-1`, `${name}/agent-2`]);
  const taken = agents.filter((by) => isSelected(job.terms, third, by));
  for (const by of agents) if (!taken.includes(by)) expect(await submit(by, 3)).toBe('ERR_AGENT_UNSELECTED');
  // one draw in 256 takes none of eight, and one takes all
  const [first] = taken;
  if (first === undefined) return;
  expect(await submit(first, 3)).toBe('recorded');
  const { gateway } = await consortium.member('navy/officer');
  const { model } = await consortium.shown(
    'the job finished',
    () => gateway.job(job.job),
    ({ job: { status } }) => status === 'finished',
    120,
  );
  const named = ['--job', job.job, '--state', consortium.network.plan.state];
  const audited = await muster('audit', 'verify', model!.model.digest, ...named);
  expect(audited).toContain('1 of 3 rounds took 500 of a thousand agents');
}, 300_000);

test('agents are taken by the data sets and the platform that their organisation’s CA put into their certificates', async () => {
  const { state } = consortium.network.plan;
  const own = consortium.plan('army');
  const vouched = ['--unit', 'scouts', '--data', 'radar,maps', '--platform', 'linux-arm64'];
  const keys = ['--dir', identityFolder(own, 'scout'), '--state', state];
  expect(await muster('enrol', 'army', 'scout', '--role', 'agent', ...vouched, ...keys)).toContain('scout of army');
  const { gateway, member } = await consortium.member('army/scout');
  await enrolCertificate(gateway, member);
  const selection = { perMille: 1000, dataSets: ['radar', 'sonar'], platforms: ['linux-arm64'] };
  const participation = { minimum: 1, complete: 1 };
  const job = await consortium.openJob('by-data', { selection, participation, quorum: { attestations: 3 } });
  const update = stepped(job);
  await gateway.putArtefact(update);
  const submit = async (by: string): Promise<unknown> => {
    const door = await consortium.member(by);
    const envelope = await consortium.sealed('round.update', by, consortium.update(job, artefactOf(update)));
    return recordEnvelope(door.gateway, 'round.update', envelope);
  };
  const by = 'navy/agent-1';
  await expect(submit(by)).rejects.toMatchObject({
    code: 'ERR_AGENT_UNSELECTED',
    details: { by, round: 1, reason: 'data' },
  });
  await submit('army/scout');
  const { round } = await shown('the round finalised', job, (view) => view.round.phase === 'finalised');
  expect(round.updates).toMatchObject({ count: 1 });
  const audited = await muster('audit', 'verify', round.model!.digest, '--job', job.job, '--state', state);
  expect(audited).toContain('eligible were certificates of data sets radar, sonar; platforms linux-arm64');
}, 300_000);

test('an agent that is killed after committing shows the very envelope that it committed to', async () => {
  const job = await consortium.openJob('killed', {
    agents: 2,
    participation: { minimum: 2 },
    commitments: { updatesMs: WINDOW_MS },
  });
  const { plan, supervisor, runWith } = consortium.network;
  const spec = await agentSpec(plan, consortium.plan('army'), 'agent-1', runWith);
  await supervisor.startNode(spec);
  try {
    const seen = await shown('the agent’s commitment', job, (view) => commitmentsTo('update', view).length === 1);
    await supervisor.killNode(spec.name);
    const [own] = commitmentsTo('update', seen);
    expect(own).toMatchObject({ by: 'army/agent-1' });
    const update = stepped(job);
    await (await consortium.member('navy/agent-1')).gateway.putArtefact(update);
    const sealed = await consortium.sealed('round.update', 'navy/agent-1', consortium.update(job, artefactOf(update)));
    expect(await commit(job, 'navy/agent-1', 'update', sealed)).toBe('recorded');
    await shown('the round revealed', job, ({ round }) => round.phase === 'open');
    expect(await consortium.handIn('round.update', sealed, 'navy/agent-1')).toBe('recorded');
    await supervisor.startNodeAgain(spec.name);
    const { round, updates } = await shown('the round finalised', job, (view) => view.round.phase === 'finalised');
    // the ledger takes no update but the committed one
    expect(updates.map(({ by }) => by)).toEqual(['army/agent-1', 'navy/agent-1']);
    expect(round).toMatchObject({ commitments: { count: 2 }, withheld: [] });
  } finally {
    // it would train in the jobs after this one too, whose updates are made by hand in its name
    await supervisor.stopNode(spec.name);
  }
}, 300_000);

describe('a validator that is killed', () => {
  const SEED = 7;
  /** Within about as long attestations are sealed, committed to and, once all have been, shown. */
  const INSTANT_MS = 1_500;
  const random = seededRandom('killed between sealing and showing', SEED);

  test.each(honest)(
    'before and after it has committed to its attestation shows the very one that it committed to (%s)',
    async (killed) => {
      const kill = async (): Promise<void> => {
        await delay(random.below(INSTANT_MS));
        await consortium.network.supervisor.killNode(nodeName('validator', killed), { restart: true });
      };
      const committed = (view: View) =>
        commitmentsTo('attestation', view).find(({ by }) => by === `${killed}/validator`);
      const killing: Promise<void>[] = [];
      const job = await sealedJob(`killed-${killed}`, 3, () => killing.push(kill()));
      await killing[0];
      const sealed = committed(await roundOf(job));
      // the last of four: from here on all is shown
      const again = kill();
      expect(await commit(job, `${LAZY}/validator`, 'attestation', 'anything at all')).toBe('recorded');
      await again;
      const view = await shown('the round finalised', job, ({ round }) => round.phase === 'finalised');
      expect(committed(view)).toEqual(sealed);
      const independent = view.attestations.filter((each) => each.independent === true);
      expect(independent.map(({ organisation }) => organisation)).toEqual(honest);
      expect(view.round).toMatchObject({ attestedBy: honest, committedBy: [LAZY, ...honest], dependent: [] });
    },
    300_000,
  );
});
