// One malicious organisation of four, on a real network: its validator, gateway, chaincode and agents do what it likes. The three
// others finalise the right model each time without anybody's help, and the ledger tells who did what.

import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectMember, openOutbox, recordEnvelope } from '@muster/edge-agent';
import { nodeName, validatorSpec } from '@muster/network';
import {
  canonicalise,
  encodeTensors,
  isMusterError,
  jtiOf,
  seal,
  type AttestationState,
  type Claims,
} from '@muster/protocol';
import { deploymentOf } from '../../network/src/channel/make-package.ts';
import { chaincodeSpec } from '../../network/src/derive/node-specs.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { gatewayConfigFile, gatewaysFor } from '../../network/src/derive/services.ts';
import { ATTACKERS_NODE, attackersSpec } from '../../network/src/start/attack.ts';
import { distributeMnist } from '../../network/src/start/distribute-data.ts';
import { writeValidatorConfig } from '../../network/src/start/run-members.ts';
import type { ChaincodeAttack } from '../support/attacker-chaincode/chaincode.ts';
import { artefactOf, modelOf, steps, submit } from '../support/hand-made-updates.ts';
import { RealConsortium, type OpenJob } from '../support/real-consortium.ts';

const HONEST = ['airforce', 'army', 'navy'];
const CULPRIT = 'marines';
const attackerChaincode = join(import.meta.dirname, '../support/attacker-chaincode/main.ts');

let consortium: RealConsortium;

const start = (organisation: string): Promise<void> => {
  const { supervisor, plan, runWith } = consortium.network;
  return supervisor.startNode(validatorSpec(plan, consortium.plan(organisation), runWith));
};

beforeAll(async () => {
  consortium = await RealConsortium.join(['agent-1', 'agent-2', 'validator']);
  const { plan } = consortium.network;
  await distributeMnist(plan.organisations, { partition: { name: 'iid' }, seed: 1, most: 500 });
  for (const name of HONEST) await writeValidatorConfig(plan, consortium.plan(name));
  await Promise.all(['army', 'navy'].map(start));
}, 240_000);
afterAll(() => consortium.end(), 180_000);

const roundAt = async (organisation: string, job: OpenJob) =>
  (await consortium.member(`${organisation}/officer`)).gateway.round(job.job, 1);

const inPhase = (job: OpenJob, phase: string): ReturnType<typeof roundAt> =>
  consortium.shown(
    `the round ${phase}`,
    () => roundAt('navy', job),
    ({ round }) => round.phase === phase,
    120,
  );

/** The round's end, by the three honest ones with the model that some updates make. */
async function finalised(job: OpenJob, ...units: readonly number[]): ReturnType<typeof roundAt> {
  const view = await inPhase(job, 'finalised');
  expect(view.round.model?.digest).toBe(modelOf(job, ...units));
  expect(view.round.attestedBy).toEqual(HONEST);
  return view;
}

/** An honest agent's update, of so many units in every value. */
async function update(job: OpenJob, by: string, units = 1): Promise<void> {
  const bytes = encodeTensors(steps(job, units));
  await submit(consortium, job, by, bytes, artefactOf(bytes));
}

test('attests one false model and then another: the right one is final, and the ledger keeps both lies under its signature', async () => {
  const job = await consortium.openJob('lies', { agents: 1 });
  const by = `${CULPRIT}/validator`;
  await update(job, 'army/agent-1');
  await inPhase(job, 'closed');
  const lies = [job.terms.base, job.terms.model];
  for (const lie of lies) {
    const envelope = await consortium.sealed('round.attest', by, await consortium.attestation(job, lie));
    expect(await consortium.handIn('round.attest', envelope, by)).toBe('recorded');
  }
  // only now is there a third honest one: the lies were on the ledger in time
  await start('airforce');
  await finalised(job, 1);
  const { gateway } = await consortium.member('navy/officer');
  const key = [job.job, '0000001', CULPRIT];
  const history = await consortium.shown(
    'both attestations in the history',
    () => gateway.history('attestation', key),
    ({ length }) => length === 2,
  );
  const stated = history.map(({ value }) => (value as AttestationState).aggregate.digest);
  expect(stated.toSorted()).toEqual(lies.map(({ digest }) => digest).toSorted());
  for (const { transaction } of history) {
    const { creator, status, events } = await gateway.transaction(transaction);
    expect([creator, status]).toEqual([CULPRIT, 'VALID']);
    expect(events).toMatchObject([{ type: 'round.attested', data: { organisation: CULPRIT } }]);
  }
}, 300_000);

describe('a chaincode of its own', () => {
  const swapChaincode = async (attack?: ChaincodeAttack): Promise<void> => {
    const { plan, runWith, supervisor } = consortium.network;
    const { packageId } = await deploymentOf(plan);
    const main = attack === undefined ? [] : [attackerChaincode];
    const spec = chaincodeSpec(plan, consortium.plan(CULPRIT), runWith, packageId, ...main);
    await supervisor.stopNode(spec.name);
    await supervisor.startNode({ ...spec, env: { ...spec.env, ATTACK: attack ?? '' } });
  };
  afterAll(() => swapChaincode(), 120_000);

  test.each([
    { attack: 'refuse', what: 'says no to everything' },
    { attack: 'forge', what: 'endorses what it made up' },
    { attack: 'silent', what: 'takes every call and never answers' },
  ] as const)(
    'that $what holds no round up',
    async ({ attack }) => {
      await swapChaincode(attack);
      const job = await consortium.openJob(attack, { agents: 3 });
      for (const [i, name] of HONEST.entries()) await update(job, `${name}/agent-1`, i + 1);
      await finalised(job, 1, 2, 3);
    },
    300_000,
  );
});

describe('its gateway', () => {
  /** Listens in the gateway's place: has every artefact, takes every envelope, and does nothing with them. */
  async function censor(): Promise<() => Promise<void>> {
    const file = gatewayConfigFile(consortium.plan(CULPRIT));
    const { tls, listen } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly tls: { readonly cert: string; readonly key: string };
      readonly listen: { readonly host: string; readonly port: number };
    };
    const keys = { cert: await readFile(tls.cert), key: await readFile(tls.key) };
    const server = createServer(keys, (request, response) => {
      const answer = { submission: { jti: 'x', act: 'round.update', status: 'pending' } };
      request.resume().on('end', () => {
        response.writeHead(request.method === 'POST' ? 202 : 200, { 'Content-Type': 'application/json' });
        response.end(request.method === 'HEAD' ? undefined : JSON.stringify(answer));
      });
    });
    const { supervisor } = consortium.network;
    await supervisor.stopNode(nodeName('gateway', CULPRIT));
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
    return async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await supervisor.startNodeAgain(nodeName('gateway', CULPRIT));
    };
  }

  test('takes its agents’ updates and drops them: they go to another, artefact and all', async () => {
    const job = await consortium.openJob('censored', { agents: 2 });
    const { plan } = consortium.network;
    const organisation = consortium.plan(CULPRIT);
    const folder = await mkdtemp(join(tmpdir(), 'muster-censored-'));
    const endCensorship = await censor();
    const keys = identityFolder(organisation, 'agent-1');
    const gateways = gatewaysFor(plan, organisation);
    const { member, gateway } = await connectMember({ organisation: CULPRIT, keys, gateways });
    try {
      const outbox = await openOutbox({ folder, gateway });
      const bytes = encodeTensors(steps(job, 5));
      const claims: Claims = { v: 1, iat: Date.now(), by: member.by, ...consortium.update(job, artefactOf(bytes)) };
      const { delivery } = await outbox.post('round.update', seal('round.update', claims, member.signer), bytes);
      const delivered = await delivery;
      expect(delivered).toMatchObject({ status: 'recorded', receipt: { by: member.by } });
      const { transaction } = (delivered as Extract<typeof delivered, { status: 'recorded' }>).receipt;
      const { gateway: navy } = await consortium.member('navy/officer');
      const { creator } = await consortium.shown('the transaction of the update', () => navy.transaction(transaction));
      expect(HONEST).toContain(creator);
      await outbox.close();
      await update(job, 'army/agent-1', 1);
      const { attestations } = await finalised(job, 5, 1);
      expect(attestations.map(({ excluded }) => excluded)).toEqual([[], [], []]);
    } finally {
      await gateway.close();
      await endCensorship();
      await rm(folder, { recursive: true, force: true });
    }
  }, 300_000);
});

describe('its agents', () => {
  test('flood another’s gateway and peers with ten thousand bad envelopes: the round goes on, and none of them is on the ledger', async () => {
    const job = await consortium.openJob('flooded', { agents: 2 });
    const by = `${CULPRIT}/agent-1`;
    const { member } = await consortium.member(by);
    const peer = await consortium.hostile(by);
    const other = await connectMember({
      organisation: CULPRIT,
      keys: identityFolder(consortium.plan(CULPRIT), 'agent-1'),
      gateways: gatewaysFor(consortium.network.plan, consortium.plan('navy')).slice(0, 1),
    });
    const good = seal('round.update', { v: 1, iat: Date.now(), by, ...consortium.update(job) }, member.signer);
    const [header, , signature] = good.split('.') as [string, string, string];
    // each another statement, none of them the signed one
    const bad = Array.from({ length: 10_000 }, (_, i) => {
      const claims = { v: 1, iat: Date.now() + 1 + i, by, ...consortium.update(job) };
      const payload = Buffer.from(canonicalise({ ...claims, jti: jtiOf(claims) })).toString('base64url');
      return `${header}.${payload}.${signature}`;
    });
    const atGateway = bad.slice(0, 1000);
    const refusals = new Map<string, number>();
    const count = (code: string, times = 1): unknown => refusals.set(code, (refusals.get(code) ?? 0) + times);
    const flood = async (lane: IterableIterator<string>): Promise<void> => {
      for (const envelope of lane) {
        try {
          await recordEnvelope(other.gateway, 'round.update', envelope, { timeoutMs: 60_000 });
          count('recorded');
        } catch (error) {
          if (!isMusterError(error)) throw error;
          count(error.code);
        }
      }
    };
    const queue = atGateway.values();
    const flooding = [
      ...Array.from({ length: 20 }, () => flood(queue)),
      (async () => {
        for (let from = atGateway.length; from < bad.length; from += 1000) {
          const verdicts = await peer.verdicts({
            fn: 'rounds:record',
            args: [bad.slice(from, from + 1000).join('\n')],
          });
          for (const verdict of verdicts) count(verdict.ok ? 'recorded' : verdict.error.code);
        }
      })(),
    ];
    await update(job, 'army/agent-1', 1);
    await update(job, 'navy/agent-1', 2);
    const { updates } = await finalised(job, 1, 2);
    await Promise.all(flooding);
    expect([...refusals.values()].reduce((sum, times) => sum + times, 0)).toBe(10_000);
    expect([...refusals.keys()]).toEqual(['ERR_SIGNATURE_INVALID']);
    expect(updates.map((record) => record.by)).toEqual(['army/agent-1', 'navy/agent-1']);
    await other.gateway.close();
  }, 300_000);

  test('collude to copy an honest update: each is left out by name, with the reason, by everybody', async () => {
    const job = await consortium.openJob('colluding', { agents: 4, participation: { minimum: 2 } });
    const malicious = [`${CULPRIT}/agent-1`, `${CULPRIT}/agent-2`];
    const { supervisor } = consortium.network;
    await supervisor.startNode(await attackersSpec(consortium.network, { name: 'copy', seed: 1, malicious }));
    try {
      await update(job, 'army/agent-1', 1);
      await update(job, 'navy/agent-1', 2);
      const { attestations } = await finalised(job, 1, 2);
      const excluded = malicious.map((by) => ({ by, code: 'ERR_UPDATE_COPIED' }));
      expect(attestations.map((each) => each.excluded)).toEqual([excluded, excluded, excluded]);
    } finally {
      await supervisor.stopNode(ATTACKERS_NODE);
    }
  }, 300_000);
});
