// Agents and validators of a rehearsal, as a test file starts and stops them; what they keep lies in one folder.

import type { RoundState } from '@muster/protocol';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAgent } from '../../../edge-agent/src/agent/index.ts';
import type { Gateway } from '../../../edge-agent/src/client/index.ts';
import type { JobOptions } from '../../../edge-agent/src/job/index.ts';
import { mlp } from '../../../edge-agent/src/models/index.ts';
import { runValidator } from '../../../edge-agent/src/validator/validator.ts';
import { silentLog, type Log } from '../../../edge-agent/src/watch/index.ts';
import { syntheticShard, type Rehearsal } from './rehearsal.ts';
import { waitFor } from './wait-for.ts';

/** What may differ from one's own name, gateway and folder, from one thread, and from the end of all. */
export interface Start {
  readonly name?: string;
  readonly gateway?: Gateway;
  readonly signal?: AbortSignal;
  readonly state?: string;
  readonly log?: Log;
  readonly threads?: number;
}

/** What all members run with. */
interface Common {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly lookMs: number;
}

export class Members {
  readonly folder: string;
  readonly #running: Promise<void>[] = [];
  #stop = new AbortController();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Members> {
    const members = new Members(await mkdtemp(join(tmpdir(), 'muster-round-')));
    await writeFile(members.model, mlp({ sizes: [16, 8, 4], seed: 1 }));
    return members;
  }

  get model(): string {
    return join(this.folder, 'model.onnx');
  }

  /** A folder for what a member keeps. */
  state(): Promise<string> {
    return mkdtemp(join(this.folder, 'state-'));
  }

  /** Starts an agent of an organisation. @returns its end, which others need not wait for */
  async startAgent(rehearsal: Rehearsal, organisation: string, start: Start = {}): Promise<{ ended: Promise<void> }> {
    const { name = 'agent-1', gateway = rehearsal.gateway(organisation) } = start;
    const member = await rehearsal.member(organisation, name, 'agent');
    const shard = await syntheticShard(`${organisation} ${name}`, 40);
    const state = start.state ?? (await this.state());
    // a checkpoint after every run, so that what becomes of them shows
    return this.run((common) => runAgent({ ...common, member, gateway, shard, state, checkpointMs: 0 }), start);
  }

  /** Starts the validator of an organisation. @returns its end, which others need not wait for */
  async startValidator(
    rehearsal: Rehearsal,
    organisation: string,
    start: Start = {},
  ): Promise<{ ended: Promise<void> }> {
    const { name = 'validator', gateway = rehearsal.gateway(organisation), threads = 1 } = start;
    const member = await rehearsal.member(organisation, name, 'validator');
    const { data: holdout } = await syntheticShard(`${organisation} hold-out`, 20);
    const state = start.state ?? (await this.state());
    return this.run(
      (common) => runValidator({ ...common, member, gateway, holdout, state, threads, turnMs: 20 }),
      start,
    );
  }

  /** Starts an agent and a validator of every organisation, or of some. */
  async startAll(rehearsal: Rehearsal, organisations = rehearsal.organisations): Promise<void> {
    for (const organisation of organisations) {
      await this.startAgent(rehearsal, organisation);
      await this.startValidator(rehearsal, organisation);
    }
  }

  /** Runs what ends with all others, or before them. @returns its end, which others need not wait for */
  run(
    start: (common: Common) => Promise<void>,
    { signal = this.#stop.signal, log = silentLog }: Start = {},
  ): { ended: Promise<void> } {
    const ended = start({ log, signal, lookMs: 200 });
    this.#running.push(ended);
    return { ended };
  }

  /** A job of the small model that every organisation's agent contributes to. */
  options(agents: number, rest: Partial<JobOptions> = {}): Partial<JobOptions> & Pick<JobOptions, 'model' | 'agents'> {
    return { model: this.model, agents, recipe: { epochs: 2, batchSize: 8, stepsPerRun: 1 }, ...rest };
  }

  /** Ends all that run. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running.splice(0));
    this.#stop = new AbortController();
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A round's end. */
export function ended(rehearsal: Rehearsal, job: string, round: number): Promise<RoundState> {
  return waitFor(`the end of round ${round}`, () => {
    const found = rehearsal.consortium.jobs.get(job)?.rounds.get(round)?.state;
    return found?.phase === 'finalised' || found?.phase === 'abandoned' ? found : undefined;
  });
}
