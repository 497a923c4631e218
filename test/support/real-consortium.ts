// A consortium on a real network for the adversaries' tests: its members by name, jobs of a model small enough to make
// updates for by hand, and both doors to the ledger.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  composeJob,
  enrolCertificate,
  proposeJob,
  recordEnvelope,
  voteJob,
  type ComposedJob,
  type Gateway,
  type JobOptions,
  type Member,
} from '@muster/edge-agent';
import { nodeName, upNetwork, waitUntil, type Network } from '@muster/network';
import { commitUpdates, isMusterError, seal, type Act, type Artefact, type Claims, type Terms } from '@muster/protocol';
import { mlp } from '../../edge-agent/src/models/index.ts';
import { connectIdentity } from '../../network/src/consortium/found-consortium.ts';
import { identityFolder } from '../../network/src/derive/plan.ts';
import { connectHostile, type HostileClient } from './hostile-client.ts';
import { joinShared } from './shared-network/shared-network.ts';

/** MNIST's shape, so that real validators can evaluate it. */
const SIZES = [784, 4, 10];

export interface Connected {
  readonly member: Member;
  readonly gateway: Gateway;
}

/** An open job with what its members need. */
export interface OpenJob {
  readonly job: string;
  readonly terms: Terms;
  /** bytes of the base model */
  readonly base: Uint8Array;
}

/** A deadline says that something hangs, not that a busy machine takes two turns to replace a leader. */
const RECORD_MS = 120_000;

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'muster-consortium-'));

export class RealConsortium {
  readonly network: Network;
  readonly #folder: string;
  readonly #isShared: boolean;
  readonly #members = new Map<string, Promise<Connected>>();
  readonly #hostile = new Map<string, Promise<HostileClient>>();

  private constructor(network: Network, folder: string, isShared: boolean) {
    this.network = network;
    this.#folder = folder;
    this.#isShared = isShared;
  }

  /** Stands a network of four organisations up, with all members of some names enrolled. */
  static async found(names: readonly string[]): Promise<RealConsortium> {
    const folder = await newFolder();
    const state = join(folder, 'network');
    const network = await upNetwork({ state, organisations: 4, basePort: 'free', owner: process.pid });
    return new RealConsortium(network, folder, false).#enrol(names);
  }

  /**
   * The same on the network that the files of a run share. Agents 1 and 2 of every organisation, its officer and its
   * validator must be left as they were; agent 3 is for what cannot be undone.
   */
  static async join(names: readonly string[]): Promise<RealConsortium> {
    return new RealConsortium(await joinShared(), await newFolder(), true).#enrol(names);
  }

  async #enrol(names: readonly string[]): Promise<this> {
    await writeFile(this.modelFile, mlp({ sizes: SIZES, seed: 1 }));
    const everybody = this.organisations.flatMap((organisation) => names.map((name) => `${organisation}/${name}`));
    await Promise.all(
      everybody.map(async (by) => {
        const { gateway, member } = await this.member(by);
        await enrolCertificate(gateway, member);
      }),
    );
    return this;
  }

  get organisations(): string[] {
    return this.network.plan.organisations.map(({ name }) => name);
  }

  get modelFile(): string {
    return join(this.#folder, 'model.onnx');
  }

  plan(organisation: string): Network['plan']['organisations'][number] {
    return this.network.plan.organisations.find(({ name }) => name === organisation)!;
  }

  /** A member at its own organisation's gateway, by `<organisation>/<name>`. */
  member(by: string): Promise<Connected> {
    const [organisation, name] = by.split('/') as [string, string];
    const known = this.#members.get(by) ?? connectIdentity(this.plan(organisation), name);
    this.#members.set(by, known);
    return known;
  }

  /** A member at its own organisation's peer, past the gateways; each call waits until no peer is behind what it follows. */
  async hostile(by: string): Promise<HostileClient> {
    const client = await this.#atPeer(by);
    const levelled =
      <A extends unknown[], R>(ask: (...call: A) => Promise<R>) =>
      async (...call: A): Promise<R> => {
        await this.#level();
        return ask(...call);
      };
    return {
      ...client,
      attempt: levelled((call) => client.attempt(call)),
      verdicts: levelled((call) => client.verdicts(call)),
      query: levelled((fn, ...args) => client.query(fn, ...args)),
    };
  }

  #atPeer(by: string, through = by.split('/')[0]!): Promise<HostileClient> {
    const [organisation, name] = by.split('/') as [string, string];
    const key = `${by} ${through}`;
    const keys = identityFolder(this.plan(organisation), name);
    const known = this.#hostile.get(key) ?? connectHostile(this.network, organisation, keys, through);
    this.#hostile.set(key, known);
    return known;
  }

  /** Waits until all peers have the blocks that any of them has: who endorses may be one behind whom a gateway asked. */
  async #level(): Promise<void> {
    const readers = await Promise.all(this.organisations.map((through) => this.#atPeer('army/officer', through)));
    let highest: number | undefined;
    await this.shown(
      'every peer as high as the highest was',
      () => Promise.all(readers.map((reader) => reader.height())),
      (heights) => {
        highest ??= Math.max(...heights);
        return Math.min(...heights) >= highest;
      },
    );
  }

  /** A statement of a member, sealed now unless told otherwise. */
  async sealed(act: Act, by: string, claims: Claims): Promise<string> {
    const { member } = await this.member(by);
    return seal(act, { v: 1, iat: Date.now(), by, ...claims }, member.signer);
  }

  /** What becomes of an envelope handed in at a member's gateway: `recorded`, or the code of the refusal. */
  async handIn(act: Act, envelope: string, by: string): Promise<string> {
    const { gateway } = await this.member(by);
    try {
      await recordEnvelope(gateway, act, envelope, { timeoutMs: RECORD_MS });
      return 'recorded';
    } catch (error) {
      if (!isMusterError(error)) throw error;
      return error.code;
    }
  }

  /** Proposes and approves a job of the small model, all organisations in it unless told otherwise. */
  async openJob(name: string, options: Partial<JobOptions> = {}): Promise<OpenJob> {
    const { organisations = this.organisations } = options;
    const composed: ComposedJob = await composeJob({
      name,
      model: this.modelFile,
      organisations,
      agents: 2,
      rounds: 1,
      windows: { updatesMs: 600_000 },
      ...options,
    });
    const proposer = await this.member(`${organisations[0]!}/officer`);
    const { job } = await proposeJob(proposer.gateway, proposer.member, composed);
    for (const organisation of organisations.slice(0, composed.terms.quorum.approvals)) {
      const officer = await this.member(`${organisation}/officer`);
      await this.shown(`job ${name} at the gateway of ${organisation}`, () => officer.gateway.job(job));
      await voteJob(officer.gateway, officer.member, job, 'approve');
    }
    return { job, terms: composed.terms, base: composed.artefacts[1]! };
  }

  /** Claims of an update, which names the base model's own bytes unless told otherwise. */
  update({ job, terms }: OpenJob, update: Artefact = terms.base): Claims {
    const dataset = { root: terms.base.digest, size: 10 };
    const own = { examples: 10, dataset, metrics: { lossMicro: 1 }, privacy: { mechanism: 'none' } };
    return { job, round: 1, base: terms.base.digest, update, ...own };
  }

  /** Claims of an attestation of a closed round: that its model is some artefact. */
  async attestation({ job, terms }: OpenJob, aggregate: Artefact): Promise<Claims> {
    const { gateway } = await this.member('army/officer');
    const { updates } = await this.shown(
      'the round closed',
      () => gateway.round(job, 1),
      ({ round }) => round.phase === 'closed',
    );
    const evaluation = { examples: 1, lossMicro: 1, accuracyMicro: 1, recallMicro: [1] };
    const of = { job, round: 1, base: terms.base.digest, updates: commitUpdates(updates) };
    return { ...of, excluded: [], aggregate, evaluation };
  }

  /** Gateways project the ledger on their own: waits until one shows what is asked for. */
  shown<T>(what: string, read: () => Promise<T>, holds: (value: T) => boolean = () => true, seconds = 90): Promise<T> {
    return waitUntil({ waitedFor: what, seconds }, async () => {
      const value = await read();
      if (!holds(value)) throw new Error(`shows ${JSON.stringify(value).slice(0, 300)}`);
      return value;
    });
  }

  /** A round of a job as the gateway of a member's organisation shows it once it is finalised, and so its peer has it. */
  async finalised(by: string, { job }: OpenJob, seconds?: number): ReturnType<Gateway['round']> {
    const { gateway } = await this.member(by);
    return this.shown(
      `the finalised round to ${by}`,
      () => gateway.round(job, 1),
      ({ round }) => round.phase === 'finalised',
      seconds,
    );
  }

  /**
   * Starts all orderers anew. One that lost its vote in what other files did to the network, or where the machine stood still for
   * seconds, follows but is missing where a leader is replaced (docs/faults.md): that must not decide about what comes after.
   */
  async restartOrderers(): Promise<void> {
    const { supervisor } = this.network;
    const names = this.organisations.map((organisation) => nodeName('orderer', organisation));
    await Promise.all(names.map((name) => supervisor.stopNode(name)));
    await Promise.all(names.map((name) => supervisor.startNodeAgain(name)));
  }

  /** Lets go of the network; one of its own is taken down. */
  async end(): Promise<void> {
    await Promise.all([...this.#members.values()].map(async (each) => (await each).gateway.close()));
    for (const each of this.#hostile.values()) (await each).close();
    if (!this.#isShared) await this.network.down({ purge: true });
    await rm(this.#folder, { recursive: true, force: true });
  }
}
