// Jobs of any model on a real network, by the commands a person types: data written, members run, the job proposed and
// voted for, its rounds followed, its model taken out and measured.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  connectMember,
  originOf,
  runAgentService,
  runValidatorService,
  silentLog,
  type EvaluationResult,
  type RoundView,
} from '@muster/edge-agent';
import { waitUntil, type Network, type OrganisationPlan } from '@muster/network';
import type { Evaluation, Terms } from '@muster/protocol';
import { runAttackers } from '../../edge-agent/src/attackers/attackers.ts';
import { agentConfigSchema, readConfig } from '../../edge-agent/src/config.ts';
import { connectIdentity } from '../../network/src/consortium/found-consortium.ts';
import { agentFolder } from '../../network/src/start/distribute-data.ts';
import { writeAgentConfig, writeValidatorConfig } from '../../network/src/start/run-members.ts';
import { muster, musterJson, startMuster, type RunningCommand } from './muster.ts';
import type { WriteData } from './small-data.ts';

const AGENT = 'agent-1';

export interface ModelJob {
  readonly name: string;
  /** ONNX bytes */
  readonly model: Uint8Array;
  readonly write: WriteData;
  /** examples of an agent's set, and of a hold-out */
  readonly examples: number;
  /** two by default */
  readonly rounds?: number;
  /** the recipe's options of `muster job propose` */
  readonly recipe: readonly string[];
  /** of `muster model evaluate --model` */
  readonly loss: string;
  /** the first organisation's agent is killed in mid-epoch and started again */
  readonly interrupted?: boolean;
  /** examples of root data */
  readonly rootExamples?: number;
  /** what the last organisation's agent does instead of training */
  readonly attack?: string;
}

export interface JobOutcome {
  readonly job: string;
  readonly terms: Terms;
  readonly rounds: readonly RoundView[];
  /** the parameters of the last round, as the ledger names them */
  readonly parameters: Uint8Array;
  /** what the first organisation's command makes of the job's start on its hold-out */
  readonly start: EvaluationResult;
  /** what its validator attested, round by round */
  readonly attested: readonly Evaluation[];
  readonly exported: string;
  /** what the exported file alone is measured at */
  readonly measured: EvaluationResult;
  readonly holdout: string;
  /** of the agent that ran as a process */
  readonly log: string;
}

async function amend(config: string, change: object): Promise<string> {
  const known = JSON.parse(await readFile(config, 'utf8')) as object;
  await writeFile(config, JSON.stringify({ ...known, ...change }), { mode: 0o600 });
  return config;
}

const QUIET = { log: { level: 'error' } };

const roundsOf = ({ rounds = 2 }: ModelJob): number => rounds;

export class ModelJobs {
  private readonly network: Network;
  private readonly folder: string;
  private readonly as: readonly string[];

  constructor(network: Network, folder: string) {
    this.network = network;
    this.folder = folder;
    this.as = ['--state', network.plan.state];
  }

  private get organisations(): readonly OrganisationPlan[] {
    return this.network.plan.organisations;
  }

  private get first(): OrganisationPlan {
    return this.organisations[0]!;
  }

  /** Runs a job of some rounds that all four organisations must attest. */
  async run(job: ModelJob): Promise<JobOutcome> {
    const { plan } = this.network;
    const stop = new AbortController();
    const members: Promise<void>[] = [];
    const commands: RunningCommand[] = [];
    for (const own of this.organisations) await this.writeData(job, own);
    try {
      const id = await this.propose(job);
      const data = (whose: 'agent' | 'holdout'): string[] => ['--data', this.data(job, this.first, whose)];
      const whose = ['--organisation', this.first.name, ...this.as];
      // before the others start: nothing else holds up whoever waits for the moment to kill
      const killed = job.interrupted === true ? await this.interrupt(job, id) : undefined;
      commands.push(startMuster('validator', 'run', ...whose, ...data('holdout')));
      commands.push(killed ?? startMuster('agent', 'run', ...whose, '--name', AGENT, ...data('agent')));
      for (const own of this.organisations.slice(1)) {
        const agent = await amend(await writeAgentConfig(plan, own, AGENT, this.data(job, own, 'agent')), QUIET);
        const validator = await amend(await writeValidatorConfig(plan, own, this.data(job, own, 'holdout')), QUIET);
        const attack = own === this.organisations.at(-1) ? job.attack : undefined;
        const trains =
          attack === undefined ? runAgentService(agent, stop.signal) : this.attack(agent, attack, stop.signal);
        members.push(trains, runValidatorService(validator, stop.signal));
      }
      await Promise.race([this.finished(id, () => commands.map(({ log }) => log()).join('\n')), Promise.all(members)]);
      return await this.outcome(job, id, commands.at(-1)!.log);
    } finally {
      stop.abort();
      await Promise.allSettled([...members, ...commands.map((each) => each.stop())]);
    }
  }

  /** Lies in the place of an agent, by its configuration. */
  private async attack(config: string, attack: string, signal: AbortSignal): Promise<void> {
    const { data, ...whose } = await readConfig(config, agentConfigSchema);
    const { member, gateway } = await connectMember(whose);
    signal.addEventListener('abort', () => void gateway.close(), { once: true });
    const attackers = [{ member, gateway, data: await originOf(data) }];
    await runAttackers({ attackers, attack, seed: 1, log: silentLog, signal });
  }

  private data({ name }: ModelJob, own: OrganisationPlan, whose: 'agent' | 'holdout'): string {
    return join(this.folder, name, own.name, whose);
  }

  private async writeData(job: ModelJob, own: OrganisationPlan): Promise<void> {
    for (const whose of ['agent', 'holdout'] as const) {
      const folder = this.data(job, own, whose);
      await mkdir(folder, { recursive: true });
      await job.write(folder, `${own.name} ${whose}`, job.examples);
    }
  }

  private async propose(job: ModelJob): Promise<string> {
    const file = join(this.folder, job.name, 'model.onnx');
    await writeFile(file, job.model);
    const root = join(this.folder, job.name, 'root');
    if (job.rootExamples !== undefined) {
      await mkdir(root);
      await job.write(root, 'root', job.rootExamples);
    }
    const rooted = job.rootExamples === undefined ? [] : ['--root-data', root];
    const terms = ['--rounds', `${roundsOf(job)}`, '--quorum', '4', '--agents', String(this.organisations.length)];
    const options = ['--name', job.name, '--model', file, ...terms, ...job.recipe, ...rooted];
    const { job: id } = await musterJson<{ job: string }>('job', 'propose', ...options, ...this.as);
    for (const { name } of this.organisations.slice(0, 3)) {
      await waitUntil({ waitedFor: `the proposal at the gateway of ${name}`, seconds: 30 }, () =>
        muster('job', 'show', id, '--as', `${name}/officer`, ...this.as),
      );
      await muster('job', 'approve', id, '--as', `${name}/officer`, ...this.as);
    }
    return id;
  }

  /** Runs the first organisation's agent until it has saved its first checkpoint, kills it, and starts it again. */
  private async interrupt(job: ModelJob, id: string): Promise<RunningCommand> {
    const data = this.data(job, this.first, 'agent');
    const config = await writeAgentConfig(this.network.plan, this.first, AGENT, data);
    await amend(config, { checkpointSeconds: 0 });
    const killed = startMuster('agent', 'run', '--config', config);
    const file = join(agentFolder(this.first, AGENT), 'state', 'checkpoints', id);
    await waitUntil({ waitedFor: `a checkpoint at ${file}`, seconds: 120, pollMs: 2 }, () =>
      existsSync(file) ? Promise.resolve() : Promise.reject(new Error(killed.log())),
    );
    await killed.kill();
    return startMuster('agent', 'run', '--config', config);
  }

  private async finished(id: string, log: () => string): Promise<void> {
    const { gateway } = await connectIdentity(this.first, 'auditor');
    try {
      await waitUntil({ waitedFor: 'the job to finish', seconds: 240 }, async () => {
        const { job } = await gateway.job(id);
        if (job.status !== 'finished') throw new Error(`it is ${job.status}: ${log().slice(-2000)}`);
      });
      const { terms } = (await gateway.job(id)).job;
      const settled = async (organisation: string): Promise<void> => {
        const [last] = await gateway.find({ job: id, type: 'round.settled', organisation }, 1);
        if (last?.type !== 'round.settled' || last.data.round < terms.rounds) throw new Error(log().slice(-2000));
      };
      for (const organisation of terms.scores === undefined ? [] : terms.organisations) {
        const waitedFor = `the last round to be settled for ${organisation}`;
        await waitUntil({ waitedFor, seconds: 60 }, () => settled(organisation));
      }
    } finally {
      await gateway.close();
    }
  }

  private async outcome(job: ModelJob, id: string, log: () => string): Promise<JobOutcome> {
    const holdout = this.data(job, this.first, 'holdout');
    const exported = join(this.folder, job.name, 'exported.onnx');
    const evaluate = ['model', 'evaluate', '--data', holdout];
    const start = await musterJson<EvaluationResult>(...evaluate, id, '--round', '0', ...this.as);
    await muster('model', 'export', id, '--out', exported, ...this.as);
    const measured = await musterJson<EvaluationResult>(...evaluate, '--model', exported, '--loss', job.loss);
    const { gateway } = await connectIdentity(this.first, 'auditor');
    try {
      const { terms } = (await gateway.job(id)).job;
      const rounds: RoundView[] = [];
      for (let round = 1; round <= roundsOf(job); round++) rounds.push(await gateway.round(id, round));
      const parameters = await gateway.getArtefact(rounds.at(-1)!.round.model!.cid);
      const attested = rounds.flatMap(({ attestations }) =>
        attestations.filter(({ organisation }) => organisation === this.first.name).map((each) => each.evaluation),
      );
      return { job: id, terms, rounds, parameters, start, attested, exported, measured, holdout, log: log() };
    } finally {
      await gateway.close();
    }
  }
}
