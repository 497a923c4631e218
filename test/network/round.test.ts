// A federated job on a real network: from open to audit, with what must be refused refused, and a gateway killed on the way.

import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { composeJob, proposeJob, recordEnvelope, voteJob, type Gateway } from '@muster/edge-agent';
import { seal, type Act, type Claims, type Code, type Signer, type Terms } from '@muster/protocol';
import { Agent as HttpsAgent, request } from 'undici';
import { waitUntil } from '@muster/network';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { runJob, type JobRun } from '../../network/src/start/run-job.ts';
import { startMembers, type MemberHost } from '../../network/src/start/run-members.ts';
import { RealConsortium } from '../support/real-consortium.ts';

const SEED = 7;
const MODEL = 'mlp';

let consortium: RealConsortium;
/** The network as if it had no more than two agents of an organisation: the third may have been revoked by another file. */
let host: MemberHost;

type Connected = Awaited<ReturnType<RealConsortium['member']>>;

beforeAll(async () => {
  consortium = await RealConsortium.join(['officer', 'agent-1']);
  const { plan, runWith, supervisor } = consortium.network;
  const organisations = plan.organisations.map((own) => ({ ...own, agents: own.agents.slice(0, 2) }));
  host = { plan: { ...plan, organisations }, runWith, supervisor };
}, 240_000);

afterAll(() => consortium.end(), 240_000);

describe('the ledger refuses', () => {
  let job: string;
  let terms: Terms;
  let agent: Connected;

  const claims = (by: string, fields: Claims = {}): Claims => ({
    v: 1,
    iat: Date.now(),
    by,
    job,
    round: 1,
    base: terms.base.digest,
    update: terms.base,
    examples: 10,
    dataset: { root: terms.base.digest, size: 10 },
    metrics: { lossMicro: 1 },
    privacy: { mechanism: 'none' },
    ...fields,
  });

  const refusal = async (gateway: Gateway, act: Act, stated: Claims, signer: Signer): Promise<Code | 'recorded'> => {
    try {
      await recordEnvelope(gateway, act, seal(act, stated, signer));
      return 'recorded';
    } catch (error) {
      return (error as { code: Code }).code;
    }
  };

  const openJob = async (name: string, windows: Partial<Terms['windows']>): Promise<void> => {
    const composed = await composeJob({
      name,
      model: MODEL,
      organisations: consortium.organisations,
      agents: 8,
      rounds: 1,
      windows,
    });
    const officer = await consortium.member('army/officer');
    ({ terms } = composed);
    ({ job } = await proposeJob(officer.gateway, officer.member, composed));
    for (const organisation of consortium.organisations.slice(0, 3)) {
      const { member, gateway } = await consortium.member(`${organisation}/officer`);
      await consortium.shown(`the proposal at the gateway of ${organisation}`, () => gateway.job(job));
      await voteJob(gateway, member, job, 'approve');
    }
  };

  beforeAll(async () => {
    agent = await consortium.member('army/agent-1');
    await openJob('refusals', { updatesMs: 600_000 });
  }, 240_000);

  test('an update signed with another key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forged = { certificate: agent.member.signer.certificate, privateKey };
    const code = await refusal(agent.gateway, 'round.update', claims(agent.member.by), forged);
    expect(code).toBe('ERR_SIGNATURE_INVALID');
  });

  test('an update by an officer', async () => {
    const officer = await consortium.member('army/officer');
    const code = await refusal(agent.gateway, 'round.update', claims(officer.member.by), officer.member.signer);
    expect(code).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('an update on another base', async () => {
    const wrong = claims(agent.member.by, { base: terms.model.digest });
    expect(await refusal(agent.gateway, 'round.update', wrong, agent.member.signer)).toBe('ERR_ROUND_BASE');
  });

  test('an envelope whose jti served another statement', async () => {
    const stated = claims(agent.member.by);
    const [head, , signature] = seal('round.update', stated, agent.member.signer).split('.');
    const other = Buffer.from(
      seal('round.update', { ...stated, examples: 9 }, agent.member.signer).split('.')[1]!,
      'base64url',
    );
    const replayed = other.toString('utf8').replace('"examples":9', '"examples":8');
    const envelope = `${head!}.${Buffer.from(replayed).toString('base64url')}.${signature!}`;
    await expect(recordEnvelope(agent.gateway, 'round.update', envelope)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_JTI',
    });
  });

  test('a vote handed in again, through another organisation', async () => {
    const officer = await consortium.member('marines/officer');
    const vote = { v: 1, iat: Date.now(), by: officer.member.by, job, verdict: 'approve' };
    const envelope = seal('job.vote', vote, officer.member.signer);
    // the job has been approved by three already: the fourth vote comes too late, and again it is no different
    await expect(recordEnvelope(officer.gateway, 'job.vote', envelope)).rejects.toMatchObject({
      code: 'ERR_JOB_STATUS',
    });
    const army = await consortium.member('army/officer');
    const first = { v: 1, iat: 1, by: army.member.by, job, verdict: 'approve' };
    const replayed = seal('job.vote', first, army.member.signer);
    await expect(recordEnvelope(officer.gateway, 'job.vote', replayed)).rejects.toMatchObject({
      code: 'ERR_VOTE_DUPLICATE',
    });
  });

  test('a replayed proposal vote envelope', async () => {
    const composed = await composeJob({
      name: 'replay',
      model: MODEL,
      organisations: consortium.organisations,
      agents: 8,
      rounds: 1,
    });
    const officer = await consortium.member('army/officer');
    const proposed = await proposeJob(officer.gateway, officer.member, composed);
    const vote = { v: 1, iat: Date.now(), by: officer.member.by, job: proposed.job, verdict: 'approve' };
    const envelope = seal('job.vote', vote, officer.member.signer);
    await recordEnvelope(officer.gateway, 'job.vote', envelope);
    const navy = await consortium.member('navy/officer');
    await consortium.shown(
      'the vote at the gateway of navy',
      () => navy.gateway.job(proposed.job),
      ({ job: { votes } }) => votes.army !== undefined,
    );
    await expect(recordEnvelope(navy.gateway, 'job.vote', envelope)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_REPLAYED',
    });
  });

  test('a second, other update; the same one again gets the first receipt, at any gateway', async () => {
    const envelope = seal('round.update', claims(agent.member.by), agent.member.signer);
    const receipt = await recordEnvelope(agent.gateway, 'round.update', envelope);
    const navy = await consortium.member('navy/officer');
    const again = await recordEnvelope(navy.gateway, 'round.update', envelope);
    expect(again).toMatchObject({ jti: receipt.jti, transaction: receipt.transaction, duplicate: true });
    const other = claims(agent.member.by, { update: terms.model });
    expect(await refusal(agent.gateway, 'round.update', other, agent.member.signer)).toBe('ERR_UPDATE_DUPLICATE');
  });

  test('an update after the window', async () => {
    await openJob('late', { updatesMs: 300 });
    const opened = await consortium.shown('round 1 at the gateway of army', () => agent.gateway.round(job, 1));
    await waitUntil({ waitedFor: 'the window to end', seconds: 60, pollMs: 50 }, async () => {
      if (Date.now() <= opened.round.updatesUntil + 50) throw new Error('still open');
      return Promise.resolve();
    });
    expect(await refusal(agent.gateway, 'round.update', claims(agent.member.by), agent.member.signer)).toBe(
      'ERR_ROUND_LATE',
    );
  });

  test('a caller without a certificate of the consortium', async () => {
    const { gatewayUrl, roots } = consortium.plan('army');
    const dispatcher = new HttpsAgent({ connect: { ca: await readFile(roots.tls) } });
    const { statusCode, body } = await request(`${gatewayUrl}/v1/jobs`, { dispatcher });
    const problem = (await body.json()) as { code: string };
    await dispatcher.close();
    expect([statusCode, problem.code]).toEqual([401, 'ERR_CLIENT_CERTIFICATE']);
  });
});

describe('a federated job', () => {
  const run = (rounds: number, onUpdate?: () => void): Promise<JobRun> =>
    runJob(host.plan, {
      name: 'mnist',
      model: MODEL,
      rounds,
      seed: SEED,
      watcher: { onRound: () => undefined, ...(onUpdate === undefined ? {} : { onUpdate }) },
      signal: AbortSignal.timeout(240_000),
    });
  let first: JobRun;

  beforeAll(async () => {
    await distributeMnist(host.plan.organisations, { partition: { name: 'iid' }, seed: SEED, most: 3000 });
    await startMembers(host, () => undefined);
  }, 300_000);

  test('trains a model that all organisations attest', async () => {
    first = await run(2);
    const [one, two] = first.rounds;
    expect(first.rounds).toHaveLength(2);
    expect(two!.updates).toBe(8);
    expect(two!.attestedBy.length).toBeGreaterThanOrEqual(3);
    expect(two!.base).toBe(one!.model);
    expect(two!.accuracy).toBeGreaterThan(0.9);
  }, 300_000);

  test('has one lineage at every gateway, and the ledger’s history agrees', async () => {
    const model = first.rounds[1]!.model;
    const told = await Promise.all(
      consortium.organisations.map(async (name) => {
        const { gateway } = await consortium.member(`${name}/auditor`);
        return consortium.shown(`the lineage of ${model} at the gateway of ${name}`, () => gateway.lineage(model));
      }),
    );
    expect(told[0]!.lineage.map(({ round }) => round.model?.digest)).toEqual(first.rounds.map((round) => round.model));
    for (const lineage of told.slice(1)) expect(lineage).toEqual(told[0]);
    const { gateway } = await consortium.member('navy/auditor');
    const [newest] = await consortium.shown(
      'the finalised model in the ledger of navy',
      () => gateway.history('model', [first.job]),
      ([entry]) => (entry?.value as { finalised?: number } | undefined)?.finalised === 2,
    );
    expect(newest!.value).toMatchObject({ model: { digest: model }, finalised: 2 });
  }, 240_000);

  test('is found by organisation, and each transaction is told', async () => {
    const { gateway } = await consortium.member('marines/auditor');
    const query = { organisation: 'airforce', job: first.job, type: 'round.attested' };
    const rows = await consortium.shown(
      'attestations of airforce at the gateway of marines',
      () => gateway.find(query, 10),
      ({ length }) => length > 0,
    );
    expect(rows.length).toBeGreaterThanOrEqual(1);
    const transaction = await gateway.transaction(rows[0]!.transaction);
    expect(transaction).toMatchObject({ status: 'VALID', block: rows[0]!.block });
  }, 240_000);

  test('goes on when a gateway is killed in mid-round, ends in the same model, and the gateway catches up', async () => {
    let killed: Promise<void> | undefined;
    const second = await run(2, () => {
      killed ??= host.supervisor.killNode('gateway.navy');
    });
    await killed;
    expect(second.rounds.map(({ model }) => model)).toEqual(first.rounds.map(({ model }) => model));
    await host.supervisor.startNodeAgain('gateway.navy');
    const { gateway } = await consortium.member('navy/auditor');
    const lineage = await consortium.shown(
      'both rounds at the gateway that was killed',
      () => gateway.rounds(second.job),
      (rounds) => rounds.length === 2 && rounds.every(({ phase }) => phase === 'finalised'),
    );
    expect(lineage.map(({ phase }) => phase)).toEqual(['finalised', 'finalised']);
  }, 300_000);
});
