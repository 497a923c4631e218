// Signed updates through the gateways, as agents send them: each agent's own envelope, each its own request.

import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'undici';
import {
  composeJob,
  enrolCertificate,
  proposeJob,
  readMember,
  voteJob,
  type ComposedJob,
  type Gateway,
  type Member,
} from '@muster/edge-agent';
import { seal } from '@muster/protocol';
import { memberAttributes, type Network, type OrganisationPlan } from '@muster/network';
import { connectIdentity } from '../../network/src/consortium/found-consortium.ts';
import { runLoad, type LoadResult } from './pool.ts';

const AT_ONCE = 16;
const WAIT_MS = 60_000;

/** An enrolled agent of the load, with its organisation. */
export interface LoadAgent {
  readonly organisation: OrganisationPlan;
  readonly member: Member;
}

async function inTurns<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await act(items[i] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

/** Enrols `count` agents in each organisation: key and certificate from its CA, then on the ledger. */
export async function enrolAgents(
  network: Network,
  count: number,
  folder: string,
  note: (text: string) => void,
): Promise<LoadAgent[]> {
  let enrolled = 0;
  const perOrganisation = await Promise.all(
    network.plan.organisations.map(async (organisation) => {
      const { gateway } = await connectIdentity(organisation, 'officer');
      const names = Array.from({ length: count }, (_, i) => `load-${i}`);
      const agents = await inTurns(names, async (name) => {
        const keys = join(folder, organisation.name, name);
        await mkdir(keys, { recursive: true, mode: 0o700 });
        const identity = { name, type: 'client', attributes: memberAttributes('agent', 'load') } as const;
        await network.enrol(organisation.name, identity, keys);
        const member = await readMember(organisation.name, keys);
        await enrolCertificate(gateway, member);
        enrolled += 1;
        if (enrolled % 100 === 0) note(`${enrolled} enrolled`);
        return { organisation, member };
      });
      await gateway.close();
      return agents;
    }),
  );
  return perOrganisation.flat();
}

async function openJob(
  network: Network,
  name: string,
  agents: number,
): Promise<{ job: string; composed: ComposedJob }> {
  const organisations = network.plan.organisations;
  // it never closes: one update more than there are agents would complete it
  const composed = await composeJob({
    name,
    model: 'mlp',
    organisations: organisations.map((organisation) => organisation.name),
    agents: agents + 1,
    rounds: 1,
    windows: { updatesMs: 60 * 60 * 1000 },
  });
  const officers: { member: Member; gateway: Gateway }[] = [];
  for (const organisation of organisations) officers.push(await connectIdentity(organisation, 'officer'));
  const [first] = officers as [{ member: Member; gateway: Gateway }];
  const { job } = await proposeJob(first.gateway, first.member, composed);
  for (const { gateway, member } of officers.slice(0, composed.terms.quorum.approvals)) {
    await voteJob(gateway, member, job, 'approve');
  }
  await Promise.all(officers.map(({ gateway }) => gateway.close()));
  return { job, composed };
}

async function poolOf(organisation: OrganisationPlan, connections: number): Promise<Pool> {
  const keys = join(organisation.folder, 'identities', 'relay');
  const [ca, cert, key] = await Promise.all(
    [organisation.roots.tls, join(keys, 'certificate.pem'), join(keys, 'key.pem')].map((file) => readFile(file)),
  );
  return new Pool(organisation.gatewayUrl, {
    connections,
    connect: { ca: ca as Buffer, cert: cert as Buffer, key: key as Buffer },
  });
}

async function post(pool: Pool, envelope: string): Promise<void> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/v1/updates?wait=${WAIT_MS}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ envelope }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
}

/** Each agent submits one update to a job of its own making; counts those recorded. */
export async function runSignedUpdates(
  network: Network,
  agents: readonly LoadAgent[],
  { clients, name }: { readonly clients: number; readonly name: string },
  onFailure: (error: unknown) => void,
): Promise<LoadResult> {
  const { job, composed } = await openJob(network, name, agents.length);
  const { base } = composed.terms;
  const pools = new Map<string, Pool>();
  for (const organisation of network.plan.organisations) {
    pools.set(organisation.name, await poolOf(organisation, Math.ceil(clients / network.plan.organisations.length)));
  }
  const envelopes = agents.map(({ member }) =>
    seal(
      'round.update',
      {
        v: 1,
        iat: Date.now(),
        by: member.by,
        job,
        round: 1,
        base: base.digest,
        update: base,
        examples: 100,
        dataset: { root: base.digest, size: 100 },
        metrics: { lossMicro: 1 },
        privacy: { mechanism: 'none' },
      },
      member.signer,
    ),
  );
  // one of each organisation in turn, as the pool of clients takes them in order
  const order = agents
    .map((_, i) => i)
    .sort((a, b) => (a % (agents.length / pools.size)) - (b % (agents.length / pools.size)));
  const calls = order.map(
    (i) => () => post(pools.get(agents[i]?.organisation.name ?? '') as Pool, envelopes[i] as string),
  );
  try {
    return await runLoad(calls, clients, onFailure);
  } finally {
    await Promise.all([...pools.values()].map((pool) => pool.destroy()));
  }
}
