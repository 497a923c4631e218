// Signed updates through the gateways, as agents send them.

import { randomBytes, randomInt } from 'node:crypto';
import { composeJob, proposeJob, voteJob, type ComposedJob, type Gateway, type Member } from '@muster/edge-agent';
import { cidOf, digestOf, jtiOf, seal, type Artefact } from '@muster/protocol';
import type { Network, OrganisationPlan } from '@muster/network';
import { connectIdentity } from '../../network/src/consortium/found-consortium.ts';
import type { LoadAgent } from './agents.ts';
import type { Call } from './load.ts';
import { waitUntilLevel } from './level.ts';
import { contractAt } from './plain-puts.ts';
import { connectedPool, post, type Sealed } from './submit.ts';

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

/** An update of its own: what all had in common would be said once in a transaction, and real ones differ. */
function anyArtefact({ size }: Artefact): Artefact {
  const bytes = randomBytes(32);
  return { cid: cidOf(bytes), digest: digestOf(bytes), size };
}

/** A statement of an update to round 1 of a job, sealed. */
function sealUpdate({ member }: LoadAgent, job: string, base: Artefact): Sealed {
  const claims = {
    v: 1,
    iat: Date.now(),
    by: member.by,
    job,
    round: 1,
    base: base.digest,
    update: anyArtefact(base),
    examples: randomInt(1, 100),
    dataset: { root: digestOf(member.by), size: 100 },
    metrics: { lossMicro: randomInt(1_000_000) },
    privacy: { mechanism: 'none' },
  };
  return { jti: jtiOf(claims), envelope: seal('round.update', claims, member.signer) };
}

/** Lists of all organisations in turn, so that every gateway is busy all the time. */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const most = Math.max(...lists.map(({ length }) => length));
  return Array.from({ length: most }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/** Updates through all organisations' gateways, and a look at the ledger afterwards. */
export interface UpdateLoad {
  readonly calls: readonly Call[];
  /** The updates that the ledger holds, by the names of their statements. */
  readonly recorded: () => Promise<Set<string>>;
  readonly close: () => Promise<void>;
}

export interface UpdateLoadOptions {
  /** envelopes of one request: 1 as an agent sends them, more as a unit's relay forwards those of its agents */
  readonly perRequest: number;
  /** connections to all gateways together */
  readonly connections: number;
  /** updates in all; agents send one to each of as many jobs as that takes */
  readonly updates: number;
  readonly name: string;
}

/** Envelopes of all agents to jobs that were opened for them. */
export interface SealedUpdates {
  readonly jobs: readonly string[];
  /** in order of jobs, then agents */
  readonly byOrganisation: readonly (readonly [OrganisationPlan, readonly Sealed[]])[];
}

/** Opens jobs enough for `updates` in all, and seals an update of each agent to each. */
export async function sealUpdates(
  network: Network,
  agents: readonly LoadAgent[],
  { updates, name }: Pick<UpdateLoadOptions, 'updates' | 'name'>,
): Promise<SealedUpdates> {
  const opened: { job: string; base: Artefact }[] = [];
  for (let i = 0; i * agents.length < updates; i++) {
    const { job, composed } = await openJob(network, `${name}-${i}`, agents.length);
    opened.push({ job, base: composed.terms.base });
  }
  const seal = (own: readonly LoadAgent[]): Sealed[] =>
    opened.flatMap(({ job, base }) => own.map((agent) => sealUpdate(agent, job, base)));
  const byOrganisation = [...Map.groupBy(agents, ({ organisation }) => organisation)];
  return {
    jobs: opened.map(({ job }) => job),
    byOrganisation: byOrganisation.map(([organisation, own]) => [organisation, seal(own)] as const),
  };
}

/** Makes ready: jobs are open, envelopes sealed and connections made before the clock starts. */
export async function prepareUpdates(
  network: Network,
  agents: readonly LoadAgent[],
  { perRequest, connections, updates, name }: UpdateLoadOptions,
): Promise<UpdateLoad> {
  const { jobs, byOrganisation } = await sealUpdates(network, agents, { updates, name });
  const lists = await Promise.all(
    byOrganisation.map(async ([organisation, sealed]) => {
      const pool = await connectedPool(organisation, Math.ceil(connections / byOrganisation.length));
      const call =
        (chunk: readonly Sealed[]): Call =>
        () =>
          post(pool, chunk);
      return { pool, calls: chunks(sealed, perRequest).map(call) };
    }),
  );
  return {
    calls: interleave(lists.map(({ calls }) => calls)).slice(0, Math.ceil(updates / perRequest)),
    recorded: () => recordedIn(network, jobs),
    close: async () => {
      await Promise.all(lists.map(({ pool }) => pool.destroy()));
    },
  };
}

/** Asks the ledger itself, past the gateways: one peer, once it holds all that any of them does. */
export async function recordedIn(network: Network, jobs: readonly string[]): Promise<Set<string>> {
  const { plan } = network;
  await waitUntilLevel(network);
  const [organisation] = plan.organisations as [OrganisationPlan];
  const { contract, close } = await contractAt(plan, organisation, plan.description.chaincode);
  try {
    const jtis = new Set<string>();
    for (const job of jobs) {
      const answer = Buffer.from(await contract.evaluateTransaction('rounds:get', job, '1')).toString('utf8');
      for (const { jti } of (JSON.parse(answer) as { updates: { jti: string }[] }).updates) jtis.add(jti);
    }
    return jtis;
  } finally {
    close();
  }
}
