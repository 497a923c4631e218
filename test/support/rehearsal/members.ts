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

/** What may differ from one's own gateway and folder, and from the end of all. */
export interface Start {
  readonly gateway?: Gateway;
  readonly signal?: AbortSignal;
  readonly state?: string;
  readonly log?: Log;
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

  /** Starts the agent of an organisation. @returns its end, which others need not wait for */
  async startAgent(rehearsal: Rehearsal, organisation: string, start: Start = {}): Promise<{ ended: Promise<void> }> {
    const { gateway = rehearsal.gateway(organisation), signal = this.#stop.signal, log = silentLog } = start;
    const member = await rehearsal.member(organisation, 'agent-1', 'agent');
    const shard = await syntheticShard(organisation, 40);
    const options = { member, gateway, shard, state: start.state ?? (await this.state()), log, signal };
    // a checkpoint after every run, so that what becomes of them shows
    return this.#run(runAgent({ ...options, lookMs: 200, checkpointMs: 0 }));
  }

  /** Starts the validator of an organisation. @returns its end, which others need not wait for */
  async startValidator(
    rehearsal: Rehearsal,
    organisation: string,
    start: Start = {},
  ): Promise<{ ended: Promise<void> }> {
    const { gateway = rehearsal.gateway(organisation), signal = this.#stop.signal } = start;
    const member = await rehearsal.member(organisation, 'validator', 'validator');
    const { data: holdout } = await syntheticShard(`${organisation} hold-out`, 20);
    const options = { member, gateway, holdout, state: start.state ?? (await this.state()), log: silentLog, signal };
    return this.#run(runValidator({ ...options, lookMs: 200, turnMs: 20 }));
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

  #run(ended: Promise<void>): { ended: Promise<void> } {
    this.#running.push(ended);
    return { ended };
  }
}

/** A round's end. */
export function ended(rehearsal: Rehearsal, job: string, round: number): Promise<RoundState> {
  return waitFor(`the end of round ${round}`, () => {
    const found = rehearsal.consortium.jobs.get(job)?.rounds.get(round)?.state;
    return found?.phase === 'finalised' || found?.phase === 'abandoned' ? found : undefined;
  });
}
