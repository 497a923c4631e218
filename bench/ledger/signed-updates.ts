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
import { seal, type Artefact } from '@muster/protocol';
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

/** Connections to an organisation's gateway, all of them made. */
async function connectedPool(organisation: OrganisationPlan, connections: number): Promise<Pool> {
  const keys = join(organisation.folder, 'identities', 'relay');
  const [ca, cert, key] = await Promise.all(
    [organisation.roots.tls, join(keys, 'certificate.pem'), join(keys, 'key.pem')].map((file) => readFile(file)),
  );
  const connect = { ca: ca as Buffer, cert: cert as Buffer, key: key as Buffer };
  const pool = new Pool(organisation.gatewayUrl, { connections, connect, keepAliveTimeout: 600_000 });
  const touch = async (): Promise<void> => {
    const { body } = await pool.request({ method: 'GET', path: '/livez' });
    await body.dump();
  };
  await Promise.all(Array.from({ length: connections }, touch));
  return pool;
}

/** Hands envelopes in with one request. @returns the transactions that hold the updates, one each */
async function post(pool: Pool, envelopes: readonly string[]): Promise<string[]> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: `/v1/updates?wait=${WAIT_MS}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(envelopes.length === 1 ? { envelope: envelopes[0] } : { envelopes }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${statusCode} ${text}`);
  const { submission, submissions = [submission] } = JSON.parse(text) as Answer;
  return submissions.map((each) => each?.receipt?.transaction ?? refuse(text));
}

interface Answer {
  readonly submission?: { readonly receipt?: { readonly transaction: string } };
  readonly submissions?: readonly Answer['submission'][];
}

function refuse(text: string): never {
  throw new Error(`not recorded: ${text.slice(0, 300)}`);
}

/** A statement of an update to round 1 of a job, sealed. */
function sealUpdate({ member }: LoadAgent, job: string, base: Artefact): string {
  const claims = {
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
  };
  return seal('round.update', claims, member.signer);
}

/** Lists of all organisations in turn, so that every gateway is busy all the time. */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const most = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

export interface UpdateLoad {
  /** requests at once */
  readonly clients: number;
  /** envelopes of one request: 1 as an agent sends them, more as a unit's relay forwards those of its agents */
  readonly perRequest: number;
  readonly jobs: number;
  readonly name: string;
}

/**
 * Every agent submits one update to each of some jobs; counts those recorded. Agents keep their connections, so these are
 * made before the clock starts, as are the signatures.
 */
export async function runSignedUpdates(
  network: Network,
  agents: readonly LoadAgent[],
  { clients, perRequest, jobs, name }: UpdateLoad,
  onFailure: (error: unknown) => void,
): Promise<LoadResult & { readonly transactions: number }> {
  const byOrganisation = [...Map.groupBy(agents, ({ organisation }) => organisation)];
  const opened: { job: string; base: Artefact }[] = [];
  for (let i = 0; i < jobs; i++) {
    const { job, composed } = await openJob(network, `${name}-${i}`, agents.length);
    opened.push({ job, base: composed.terms.base });
  }
  const transactions = new Set<string>();
  const lists = await Promise.all(
    byOrganisation.map(async ([organisation, own]) => {
      const pool = await connectedPool(organisation, Math.ceil(clients / byOrganisation.length));
      const envelopes = opened.flatMap(({ job, base }) => own.map((agent) => sealUpdate(agent, job, base)));
      const calls = chunks(envelopes, perRequest).map((chunk) => async () => {
        for (const transaction of await post(pool, chunk)) transactions.add(transaction);
      });
      return { pool, calls };
    }),
  );
  try {
    const result = await runLoad(interleave(lists.map(({ calls }) => calls)), clients, onFailure);
    const recorded = result.done * perRequest;
    return { ...result, done: recorded, perSecond: recorded / result.seconds, transactions: transactions.size };
  } finally {
    await Promise.all(lists.map(({ pool }) => pool.destroy()));
  }
}
