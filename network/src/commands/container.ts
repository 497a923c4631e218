// muster container: what the set-up's containers run. docker-compose.yaml says in which order, and with which options.
import type { Command } from 'commander';
import { foundConsortium } from '../consortium/found-consortium.ts';
import { foundChannel } from '../containers/found-channel.ts';
import { makeIdentities } from '../containers/make-identities.ts';
import { planContainers } from '../containers/plan-containers.ts';
import { isMade } from '../made-network.ts';
import type { NetworkPlan } from '../derive/plan.ts';
import { readDescription } from '../description.ts';
import { isPrepared, prepareCa } from '../identities/organisation-ca.ts';
import { chooseFace, createProgress, type Progress } from '../progress.ts';
import { runJob } from '../start/run-job.ts';
import { roundHeading, roundLine } from '../start/show.ts';
import { startDefaults } from '../start/options.ts';
import { parseCount, parseOrganisations } from './network-options.ts';

/** The image of the set-up has them. */
const toolsOnPath = { peer: 'peer', osnadmin: 'osnadmin', configtxgen: 'configtxgen' };

interface PlanArguments {
  readonly organisations: number | readonly string[];
  readonly agents: number;
  readonly basePort: number;
  readonly json?: boolean;
}

interface JobArguments extends PlanArguments {
  readonly rounds: number;
  readonly model: string;
  readonly seed: number;
}

export function register(program: Command): void {
  const container = program.command('container').description('the steps that containers of the set-up run');
  const step = (
    name: string,
    description: string,
    run: (plan: NetworkPlan, progress: Progress) => Promise<void>,
  ): void => {
    withPlan(container.command(name))
      .description(description)
      .action((options: PlanArguments) => run(...given(options)));
  };
  step('authorities', "configure each organisation's CA", prepareAuthorities);
  step('identities', 'enrol everybody and write what every node reads', makeOnce);
  step('channel', 'join the channel and deploy the chaincode', (plan, progress) =>
    foundChannel(plan, toolsOnPath, progress),
  );
  step('consortium', 'register every organisation on the ledger', (plan, progress) =>
    progress.step('organisations registered', () => foundConsortium(plan)),
  );
  withPlan(container.command('job'))
    .description('run one federated job on MNIST to its end')
    .option('--rounds <n>', 'rounds of the job', parseCount, Number(startDefaults.rounds))
    .option('--model <model>', 'mlp, cnn, or the path of an ONNX classifier of 28x28 images', startDefaults.model)
    .option('--seed <n>', 'seeds model and training', parseCount, Number(startDefaults.seed))
    .action(job);
}

function withPlan(command: Command): Command {
  return command
    .requiredOption('--organisations <count|names>', 'which organisations take part', parseOrganisations)
    .requiredOption('--agents <count>', 'agents per organisation', parseCount)
    .requiredOption('--base-port <port>', 'the first port', parseCount)
    .option('--json', 'one JSON object a line');
}

function given({ organisations, agents, basePort, json }: PlanArguments): [NetworkPlan, Progress] {
  const plan = planContainers(readDescription(), { organisations, agentsPerOrganisation: agents, basePort });
  return [plan, createProgress(chooseFace(json === true, process.stdout))];
}

async function prepareAuthorities(plan: NetworkPlan): Promise<void> {
  for (const organisation of plan.organisations) {
    if (!(await isPrepared(organisation))) {
      await prepareCa(plan, organisation);
    }
  }
}

async function makeOnce(plan: NetworkPlan, progress: Progress): Promise<void> {
  if (!(await isMade(plan))) {
    await makeIdentities(plan, toolsOnPath, progress);
  }
}

async function job({ rounds, model, seed, ...options }: JobArguments): Promise<void> {
  const [plan, progress] = given(options);
  progress.tell(roundHeading, 'rounds', { rounds });
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const run = await runJob(plan, {
    ...{ name: `mnist-${model}`, model, rounds, seed, signal: stop.signal },
    watcher: { onRound: (round) => progress.tell(roundLine(round), 'round', { ...round }) },
  });
  const last = run.rounds.at(-1);
  progress.tell(`job ${run.job}`, 'finished', { job: run.job, rounds: run.rounds.length, model: last?.model });
}
