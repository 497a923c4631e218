// A campaign of faults on one network: its load, its watch, and for each run the kill, the recovery and the oracle's verdict.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { memberAttributes, waitUntil, type Network, type NodeStatus } from '@muster/network';
import type { Random } from '../../edge-agent/src/train/index.ts';
import { identifyProcess, isRunning, signalProcess } from '../../network/src/supervise/process-identity.ts';
import { readPidFile, supervisorPidName } from '../../network/src/supervise/pid-file.ts';
import { slowDisk, type Slowness } from '../../test/support/slow-disk.ts';
import type { Fault } from './faults.ts';
import { Models } from './models.ts';
import { examine, HeldProjection, Traces, type Findings } from './oracle.ts';
import type { Receipts } from './receipts.ts';
import { connectPeers, Reference } from './reference.ts';
import { followRounds } from './rounds.ts';
import type { SmallDisks } from './small-disks.ts';
import { allReady, Watch, type Down } from './watch.ts';
import type { Work } from './working-network.ts';
import type { Writers } from './writer.ts';

/** One kill, or two at once, and what came of it. */
export interface Run extends Findings {
  readonly fault: string;
  readonly nodes: readonly string[];
  /** from the kill: until every organisation's writer holds a receipt again, all is ready again, a round was finalised */
  readonly seconds: { readonly writes?: number; readonly ready?: number; readonly round?: number };
  /** what did not come back in time */
  readonly missing: readonly string[];
  readonly wrongRows: readonly string[];
  readonly wrongModels: readonly string[];
  readonly lies: readonly string[];
}

export interface CampaignOptions {
  readonly folder: string;
  readonly random: Random;
  /** disks that faults fill, by node */
  readonly disks: SmallDisks;
}

/** A kill comes so long after the run before, at most; and the second of two so long after the first. */
const INSTANT_MS = 1500;
const APART_MS = 400;
const RECOVER_SECONDS = 120;
const PROJECT_SECONDS = 90;

/** A disk stays full so long after its node has ended, at most. */
const FULL_MS = 10_000;

/** When recovery could begin: at the kill, when there was room again, or when a disk began to be slow. */
interface Struck {
  readonly struckAt: number;
  readonly down: Down[];
  /** what happened, in a few words */
  readonly what: string;
  /** once all works again */
  readonly end?: () => Promise<void>;
}

type Recovery = 'writes' | 'ready' | 'round';

export class Campaign {
  readonly #network: Network;
  readonly #options: CampaignOptions;
  readonly #receipts: Receipts;
  readonly #writers: Writers;
  readonly #reference: Reference;
  readonly #traces: Traces;
  readonly #models: Models;
  readonly #watch: Watch;
  readonly #rounds: ReturnType<typeof followRounds>;
  readonly #failure: { error?: unknown } = {};
  #compared = -1;
  #enrolled = 0;
  #seen: Findings = { lost: [], doubled: [], falselyRefused: [] };

  private constructor(
    network: Network,
    options: CampaignOptions,
    parts: Work & { readonly reference: Reference; readonly watch: Watch },
  ) {
    this.#network = network;
    this.#options = options;
    this.#receipts = parts.receipts;
    this.#writers = parts.writers;
    this.#reference = parts.reference;
    this.#watch = parts.watch;
    this.#traces = new Traces(parts.reference.projection.database);
    this.#models = new Models(parts.reference.projection, parts.writers.gateway);
    this.#rounds = followRounds(parts.writers.gateway, parts.job);
    parts.writers.start().failed.catch((error: unknown) => {
      this.#failure.error = error;
    });
  }

  /** Begins to write and to watch. */
  static async begin(network: Network, work: Work, options: CampaignOptions): Promise<Campaign> {
    const reference = new Reference(options.folder, await connectPeers(network), network.plan.description.chaincode);
    const watch = await Watch.start(network);
    return new Campaign(network, options, { ...work, reference, watch });
  }

  get totals(): Record<'acknowledged' | 'blocks' | 'models' | 'truths', number> {
    return {
      acknowledged: this.#receipts.told.filter(({ transaction }) => transaction !== undefined).length,
      blocks: this.#reference.projection.block + 1,
      models: this.#models.verified,
      truths: this.#watch.checked,
    };
  }

  /** Kills, waits until all works again, and asks the oracle. */
  async run(fault: Fault, note: (text: string) => void): Promise<Run> {
    const { random } = this.#options;
    const organisations = this.#network.plan.organisations.map(({ name }) => name);
    const leader = await this.#network.leaderOrderer();
    const names = fault.choose({ organisations, leader, random });
    await delay(random.below(INSTANT_MS));
    const liesBefore = this.#watch.lies.length;
    const { struckAt, down, what, end } = await this.#strike(fault, names);
    note(`${names.join(' and ') || 'nothing'} ${what}`);
    const recovered = await this.#recover(struckAt, down).finally(end);
    if (names.some((name) => name.startsWith('ca.'))) await this.#enrolAgain(names);
    this.#watch.expect([]);
    const verdict = await this.#judge();
    return {
      fault: fault.name,
      nodes: names,
      ...recovered,
      ...verdict,
      lies: this.#watch.lies.slice(liesBefore),
    };
  }

  /** Compares every gateway's rows from block 0 on with a reference made anew. */
  async finish(): Promise<void> {
    await this.#writers.stop();
    this.#compared = -1;
    const wrong = await this.#compareProjections();
    if (wrong.length > 0) throw new Error(`at the end: ${wrong.join('; ')}`);
  }

  async end(): Promise<void> {
    await this.#writers.stop();
    await this.#rounds.stop();
    await this.#watch.stop();
    this.#reference.close();
  }

  #strike({ fills, slows }: Fault, names: readonly string[]): Promise<Struck> {
    if (fills !== undefined) return this.#fill(names);
    return slows === undefined ? this.#kill(names) : this.#slow(names, slows);
  }

  /** Slows a node's disk down until all works again, as well as it does meanwhile. */
  async #slow([node = '']: readonly string[], slowness: Slowness): Promise<Struck> {
    const { pid } = this.#identify(node, await this.#network.supervisor.status());
    const end = await slowDisk(pid, slowness);
    return { struckAt: Date.now(), down: [], what: 'on a slow disk', end };
  }

  /** Fills the disk under a node's ledger until the node ends and could not start again, then makes room. */
  async #fill([node = '']: readonly string[]): Promise<Struck> {
    const disk = this.#options.disks.get(node);
    if (disk === undefined) throw new TypeError(`${node} has no disk of its own`);
    const identity = this.#identify(node, await this.#network.supervisor.status());
    disk.fill(0);
    try {
      await waitUntil({ waitedFor: `${node} to end on a full disk`, seconds: RECOVER_SECONDS }, () =>
        isRunning(identity) ? Promise.reject(new Error('it runs')) : Promise.resolve(),
      );
      const down = [{ node, identity, since: Date.now() }];
      this.#watch.expect(down);
      await delay(this.#options.random.below(FULL_MS));
      return { struckAt: Date.now(), down, what: 'ended on a full disk, which has room again' };
    } finally {
      disk.empty();
    }
  }

  async #kill(names: readonly string[]): Promise<Struck> {
    const struckAt = Date.now();
    const nodes = await this.#network.supervisor.status();
    const identities = names.map((node) => this.#identify(node, nodes));
    const down: Down[] = [];
    for (const [i, identity] of identities.entries()) {
      if (i > 0) await delay(this.#options.random.below(APART_MS));
      signalProcess(identity, 'SIGKILL');
      down.push({ node: names[i] as string, identity, since: Date.now() });
      this.#watch.expect([...down]);
    }
    return { struckAt, down, what: 'killed' };
  }

  #identify(node: string, nodes: readonly NodeStatus[]): Down['identity'] {
    if (node === supervisorPidName) {
      const identity = readPidFile(this.#network.plan.runFolder, node);
      if (identity === undefined) throw new Error('no supervisor runs');
      return identity;
    }
    const pid = nodes.find(({ name }) => name === node)?.pid;
    const identity = pid === undefined ? undefined : identifyProcess(pid);
    if (identity === undefined) throw new Error(`${node} does not run`);
    return identity;
  }

  async #recover(killedAt: number, down: readonly Down[]): Promise<Pick<Run, 'seconds' | 'missing'>> {
    const organisations = this.#network.plan.organisations.map(({ name }) => name);
    const holds: Readonly<Record<Recovery, () => boolean>> = {
      writes: () => this.#receipts.resumedSince(organisations, killedAt),
      ready: () => this.#watch.last.at > killedAt && allReady(this.#watch.last, down),
      round: () => this.#rounds.lastFinalisedAt() > killedAt,
    };
    const seconds: Partial<Record<Recovery, number>> = {};
    const missing = (): Recovery[] => (Object.keys(holds) as Recovery[]).filter((what) => seconds[what] === undefined);
    await waitUntil({ waitedFor: 'recovery', seconds: RECOVER_SECONDS }, () => {
      if (this.#failure.error !== undefined) return Promise.resolve();
      for (const what of missing()) if (holds[what]()) seconds[what] = (Date.now() - killedAt) / 1000;
      return missing().length === 0 ? Promise.resolve() : Promise.reject(new Error(missing().join(', ')));
    }).catch(() => undefined);
    if (this.#failure.error !== undefined) throw this.#failure.error as Error;
    const stuck = this.#watch.last.nodes?.filter(({ state }) => state !== 'ready').map(({ name }) => name) ?? [];
    const left = missing();
    if (left.length === 0) return { seconds, missing: [] };
    const leader = await this.#network.leaderOrderer().catch((error: unknown) => String(error));
    const state = `leading: ${leader}; not ready: ${stuck.join(', ') || 'nobody'}`;
    return { seconds, missing: left.map((what) => `${what} after ${RECOVER_SECONDS} s (${state})`) };
  }

  /** A CA that was killed enrols again. */
  async #enrolAgain(names: readonly string[]): Promise<void> {
    for (const organisation of names.filter((name) => name.startsWith('ca.')).map((name) => name.slice(3))) {
      const name = `after-${this.#enrolled++}`;
      const identity = { name, type: 'client', attributes: memberAttributes('agent', { unit: 'load' }) } as const;
      await this.#network.enrol(organisation, identity, join(this.#options.folder, 'after', organisation, name));
    }
  }

  async #judge(): Promise<Findings & Pick<Run, 'wrongRows' | 'wrongModels'>> {
    // what was told until now must be there now
    const told = [...this.#receipts.told];
    await this.#reference.advance(await this.#reference.newest());
    const wrongRows = await this.#compareProjections();
    this.#traces.read();
    const found = examine(told, this.#traces);
    const wrongModels = await this.#models.verify();
    const fresh = (of: keyof Findings): string[] => found[of].filter((finding) => !this.#seen[of].includes(finding));
    const news = { lost: fresh('lost'), doubled: fresh('doubled'), falselyRefused: fresh('falselyRefused') };
    this.#seen = found;
    return { ...news, wrongRows, wrongModels };
  }

  /** Every gateway's projection beside the reference at the same block. Waits until each has caught up. */
  async #compareProjections(): Promise<string[]> {
    const since = this.#compared;
    const wrong: string[] = [];
    for (const organisation of this.#network.plan.organisations) {
      const file = join(organisation.folder, 'gateway', 'state', 'projection.sqlite');
      const held = await waitUntil(
        { waitedFor: `the projection of ${organisation.name}`, seconds: PROJECT_SECONDS },
        () => this.#hold(file),
      );
      try {
        await this.#reference.advance(held.block);
        for (const { table, extra, missing } of held.compare(since)) {
          wrong.push(`${organisation.name} ${table}: ${extra} rows too many, ${missing} missing, block ${held.block}`);
        }
      } finally {
        held.close();
      }
    }
    const forks = await this.#reference.forks(this.#reference.projection.block);
    if (forks > 0) wrong.push(`${forks} peers have another block ${this.#reference.projection.block}`);
    this.#compared = this.#reference.projection.block;
    return wrong;
  }

  #hold(file: string): Promise<HeldProjection> {
    const held = new HeldProjection(file, this.#reference.file);
    if (held.block >= this.#reference.projection.block) return Promise.resolve(held);
    held.close();
    return Promise.reject(new Error(`it stands at block ${held.block}`));
  }
}
