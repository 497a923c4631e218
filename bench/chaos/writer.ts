// The writers: in every organisation one client that states updates and votes all the time, as agents and officers do, and
// notes what it was told of each.

import { setTimeout as delay } from 'node:timers/promises';
import {
  composeJob,
  connectMember,
  isRetryable,
  recordEnvelope,
  type ComposedJob,
  type Gateway,
  type JobOptions,
  type Member,
} from '@muster/edge-agent';
import { waitUntil, type Network, type OrganisationPlan } from '@muster/network';
import {
  decodeParameters,
  encodeUpdate,
  isMusterError,
  jobIdOf,
  jtiOf,
  seal,
  type Act,
  type Artefact,
  type Claims,
} from '@muster/protocol';
import { identityFolder, type NetworkPlan } from '../../network/src/derive/plan.ts';
import { gatewaysFor } from '../../network/src/derive/services.ts';
import { Giveup } from '../../network/src/wait-until.ts';
import type { LoadAgent } from '../ledger/agents.ts';
import type { Receipts } from './receipts.ts';

/** Between one statement and the next of one writer; the network has other work too. */
const PACE_MS = 250;
const PATIENCE_MS = 120_000;
const SHOWN_SECONDS = 120;

interface Connected {
  readonly organisation: OrganisationPlan;
  readonly officer: Member;
  readonly gateway: Gateway;
}

interface Due {
  readonly agent: LoadAgent;
  readonly job: string;
  readonly base: Artefact;
  readonly update: Artefact;
}

/** Connects an organisation's officer to all gateways, its own first. */
async function connect(organisation: OrganisationPlan, plan: NetworkPlan): Promise<Connected> {
  const { member, gateway } = await connectMember({
    organisation: organisation.name,
    keys: identityFolder(organisation, 'officer'),
    gateways: gatewaysFor(plan, organisation),
  });
  return { organisation, officer: member, gateway };
}

/** An update that changes nothing: well-formed, so that validators count it. */
function unchanged({ terms, artefacts }: ComposedJob): Uint8Array {
  const base = decodeParameters(artefacts[1] as Uint8Array);
  return encodeUpdate(base, base, terms.fixedPoint);
}

export class Writers {
  readonly #clients: readonly Connected[];
  readonly #agents: readonly LoadAgent[];
  readonly #receipts: Receipts;
  readonly #job: JobOptions;
  readonly #stop = new AbortController();
  readonly #due = new Map<string, Due[]>();
  #opening: Promise<void> | undefined;
  #jobs = 0;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(
    clients: readonly Connected[],
    agents: readonly LoadAgent[],
    receipts: Receipts,
    job: JobOptions,
  ) {
    this.#clients = clients;
    this.#agents = agents;
    this.#receipts = receipts;
    this.#job = job;
  }

  /** @param job what the jobs are like that the updates are stated in; each takes one of every agent */
  static async connect(
    { plan }: Network,
    agents: readonly LoadAgent[],
    receipts: Receipts,
    job: JobOptions,
  ): Promise<Writers> {
    const clients = await Promise.all(plan.organisations.map((own) => connect(own, plan)));
    return new Writers(clients, agents, receipts, job);
  }

  /** A client that reaches every gateway. */
  get gateway(): Gateway {
    return (this.#clients[0] as Connected).gateway;
  }

  /** Begins to write. A writer that fails for a reason of its own ends the run: `failed` rejects. */
  start(): { readonly failed: Promise<unknown> } {
    this.#running = Promise.all(this.#clients.map((client) => this.#write(client)));
    this.#running.catch(() => undefined);
    return { failed: this.#running };
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled([this.#running]);
    await Promise.all(this.#clients.map(({ gateway }) => gateway.close()));
  }

  /** Proposes a job and has it approved, every statement noted. @returns its id and terms */
  async openJob(options: JobOptions): Promise<{ job: string; composed: ComposedJob }> {
    const composed = await composeJob(options);
    const [first] = this.#clients as readonly [Connected];
    await this.#patiently('artefacts of a job', () =>
      Promise.all([...composed.artefacts, unchanged(composed)].map((bytes) => first.gateway.putArtefact(bytes))),
    );
    const jti = await this.#state(first, first.officer, 'job.propose', { terms: composed.terms });
    const job = jobIdOf(jti);
    for (const client of this.#clients.slice(0, composed.terms.quorum.approvals)) {
      await this.#patiently(`job ${options.name} at ${client.organisation.name}`, () => client.gateway.job(job));
      await this.#vote(client, job);
    }
    return { job, composed };
  }

  /** A peer that has not committed the proposal yet refuses a vote on it; the next one is another statement. */
  async #vote(client: Connected, job: string): Promise<void> {
    await this.#patiently(`the vote of ${client.organisation.name}`, async () => {
      try {
        await this.#state(client, client.officer, 'job.vote', { job, verdict: 'approve' });
      } catch (error) {
        throw isMusterError(error, 'ERR_JOB_UNKNOWN') ? error : new Giveup(error);
      }
    });
  }

  async #write(client: Connected): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const next = this.#due.get(client.organisation.name)?.shift();
      if (next === undefined) {
        await this.#openNext();
        continue;
      }
      const { agent, job, base, update } = next;
      await this.#state(client, agent.member, 'round.update', {
        job,
        round: 1,
        base: base.digest,
        update,
        examples: 10,
        dataset: { root: base.digest, size: 10 },
        metrics: { lossMicro: 1 },
        privacy: { mechanism: 'none' },
      });
      await delay(PACE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One job at a time is opened, whoever asks first. */
  #openNext(): Promise<void> {
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<void> {
    const { job, composed } = await this.openJob({ ...this.#job, name: `written-${this.#jobs++}` });
    const { base } = composed.terms;
    const bytes = unchanged(composed);
    const update = await this.#patiently('the update that changes nothing', () => this.gateway.putArtefact(bytes));
    for (const agent of this.#agents) {
      const name = agent.organisation.name;
      this.#due.set(name, [...(this.#due.get(name) ?? []), { agent, job, base, update }]);
    }
  }

  /** States something, the same envelope until its fate is told; what that was is noted. */
  async #state({ gateway, organisation }: Connected, member: Member, act: Act, claims: Claims): Promise<string> {
    const stated = { v: 1, iat: Date.now(), by: member.by, ...claims };
    const handedIn = { jti: jtiOf(stated), act, organisation: organisation.name, sentAt: Date.now() };
    const envelope = seal(act, stated, member.signer);
    try {
      const { transaction } = await recordEnvelope(gateway, act, envelope, {
        timeoutMs: PATIENCE_MS,
        signal: this.#stop.signal,
      });
      this.#receipts.add({ ...handedIn, transaction, toldAt: Date.now() });
    } catch (error) {
      if (!isMusterError(error)) throw error;
      // no fate was told: nobody may conclude anything from it
      if (!isRetryable(error)) this.#receipts.add({ ...handedIn, refused: error.code, toldAt: Date.now() });
      if (act !== 'round.update' && !this.#stop.signal.aborted) throw error;
    }
    return handedIn.jti;
  }

  #patiently<T>(waitedFor: string, act: () => Promise<T>): Promise<T> {
    return waitUntil({ waitedFor, seconds: SHOWN_SECONDS, pollMs: 200 }, act);
  }
}
