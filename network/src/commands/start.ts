// `muster start`: the network and one federated job, from nothing to the model's lineage.

import { once } from 'node:events';
import { needsRoot, type RuleTerms } from '@muster/protocol';
import type { Command } from 'commander';
import { identityFolder, type OrganisationPlan } from '../derive/plan.ts';
import { Interrupted } from '../exit-codes.ts';
import type { Network } from '../network.ts';
import { chooseFace, createProgress, type Progress } from '../progress.ts';
import { ATTACKS, chooseMalicious } from '../start/attack.ts';
import { distributeMnist, rootEpochsFor } from '../start/distribute-data.ts';
import type { RoundReport } from '../start/follow-job.ts';
import { parseStartOptions, startDefaults, type StartOptions } from '../start/options.ts';
import { watchAttack } from '../start/rehearse-attack.ts';
import { startMembers } from '../start/run-members.ts';
import { runJob, type JobRun } from '../start/run-job.ts';
import { tellReputations } from '../start/tell-reputations.ts';
import { percent, roundHeading, roundLine, summary } from '../start/show.ts';
import { upNetwork } from '../up-network.ts';
import { withCommitments } from './commit-options.ts';
import { parseBasePort } from './network-options.ts';
import { withRuleName } from './rule-options.ts';
import { scoreOption } from './score-options.ts';

const HOLD_MS = 60_000;

function tellRound(progress: Progress, round: RoundReport): void {
  progress.tell(roundLine(round), 'round', {
    ...round,
    votes: Object.keys(round.evaluations).length,
  });
}

function tellSummary(progress: Progress, { plan }: Network, { job, rounds }: JobRun): void {
  const [first] = plan.organisations as [OrganisationPlan];
  const gateways = plan.organisations.map(({ gatewayUrl }) => gatewayUrl);
  const officerFolder = identityFolder(first, 'officer');
  const text = summary(rounds, { job, gateways, state: plan.state, officerFolder, tlsRoot: first.roots.tls });
  progress.tell(text, 'summary', { job, gateways, state: plan.state });
}

/** The last words, after everything is down: programs read the last line. */
function tellFinished(progress: Progress, { plan }: Network, { rounds }: JobRun, seconds: number): void {
  const last = rounds.at(-1);
  const secondsPerRound = rounds.reduce((sum, round) => sum + round.seconds, 0) / rounds.length;
  const agents = plan.organisations.reduce((sum, { agents: own }) => sum + own.length, 0);
  const organisations = plan.organisations.length;
  progress.tell(
    `\n${rounds.length} rounds by ${agents} agents of ${organisations} organisations: accuracy ${percent(last?.accuracy ?? 0)}, ` +
      `${secondsPerRound.toFixed(2)} s a round, ${seconds.toFixed(1)} s in all`,
    'finished',
    {
      rounds: rounds.length,
      accuracy: last?.accuracy,
      model: last?.model,
      secondsPerRound,
      seconds,
      agents,
      organisations,
    },
  );
}

/** Of root data, where the rule needs any: kept back from the training images, so that no agent has them. */
const ROOT_EXAMPLES = 100;

/** A job's run, and where it was attacked what is told last of all. */
interface WatchedRun extends JobRun {
  readonly tellOutcome?: () => void;
}

async function federate(
  network: Network,
  options: StartOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<WatchedRun> {
  const { plan } = network;
  const { partition, seed, rounds, model, rule, score, attack: attacked, commitments } = options;
  const agents = plan.organisations.flatMap((organisation) => organisation.agents).length;
  const attack = attacked && {
    name: attacked.name,
    seed,
    malicious: chooseMalicious(plan.organisations, attacked.share, seed),
  };
  signal.throwIfAborted();
  // what a rule steps along may need it, before all of its own options are known
  const { of: along = rule } = rule.options as { of?: RuleTerms };
  const root = needsRoot(along) ? ROOT_EXAMPLES : 0;
  const rootData = await progress.step('data', () => distributeMnist(plan.organisations, { partition, seed, root }));
  await progress.step('validators and agents enrol', async (note) => {
    await startMembers(network, (node) => note(`${node} is ready`), attack);
  });
  signal.throwIfAborted();
  const asked = { ...(commitments && { commitments }), ...(score && { scores: { method: score } }) };
  const rooted = rootData === undefined ? {} : { rootData, rootEpochs: rootEpochsFor(agents, root) };
  const job = { name: `mnist-${model}`, model, rounds, seed, rule, signal, ...rooted, ...asked };
  if (attack === undefined) {
    progress.tell(`\n${roundHeading}`, 'rounds', { rounds });
    return runJob(plan, { ...job, watcher: { onRound: (round: RoundReport) => tellRound(progress, round) } });
  }
  const { begin, end, ...watch } = watchAttack(progress, { attack, rule, agents });
  begin();
  // what the honest can do must be enough
  const minimum = Math.min(Math.ceil((agents * 2) / 3), agents - attack.malicious.length);
  const finished = await runJob(plan, { ...job, participation: { minimum }, ...watch });
  return { ...finished, tellOutcome: end };
}

/** Resolves when the person presses Ctrl-C. A timer holds the process, which has nothing else to do. */
async function interrupted(signal: AbortSignal): Promise<void> {
  const hold = setInterval(() => undefined, HOLD_MS);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    clearInterval(hold);
  }
}

async function run(values: Readonly<Record<string, unknown>>): Promise<void> {
  const began = performance.now() - process.uptime() * 1000;
  const options = parseStartOptions(values);
  const progress = createProgress(chooseFace(options.json, process.stdout));
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort(new Interrupted()));
  const network = await upNetwork({
    organisations: options.organisations,
    agentsPerOrganisation: options.agents,
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.basePort === undefined ? {} : { basePort: options.basePort }),
    owner: process.pid,
    progress,
  });
  let finished: WatchedRun;
  let seconds: number;
  try {
    finished = await federate(network, options, progress, stop.signal);
    seconds = (performance.now() - began) / 1000;
    if (options.score !== undefined) {
      await tellReputations(progress, network.plan.organisations as [OrganisationPlan], finished.job);
    }
    tellSummary(progress, network, finished);
    if (process.stdout.isTTY && !options.exit && !options.json) {
      progress.tell('\nThe network is up. Ctrl-C takes it down; its ledger stays for the next `npm start`.', 'waiting');
      await interrupted(stop.signal);
    }
  } finally {
    await progress.step('down', () => network.down());
  }
  tellFinished(progress, network, finished, seconds);
  finished.tellOutcome?.();
}

export function register(program: Command): void {
  withCommitments(withRuleName(program.command('start'), 'see muster job propose --help'))
    .description('stand up the network and run one federated job on MNIST to its end')
    .option('--rounds <n>', 'rounds of the job', startDefaults.rounds)
    .option('--organisations <n>', 'how many organisations, 1 to 7', startDefaults.organisations)
    .option('--agents <n>', 'edge agents per organisation', startDefaults.agents)
    .option('--model <model>', 'mlp, cnn, or the path of an ONNX classifier of 28x28 images', startDefaults.model)
    .option('--partition <kind>', 'iid, shards or dirichlet:<alpha>', startDefaults.partition)
    .option('--attack <name>', `what malicious agents do: ${ATTACKS.join(', ')}; the share of them: --malicious`)
    .option('--malicious <share>', 'of all agents, that attack, e.g. 0.3; robust rules are told so')
    .addOption(scoreOption())
    .option('--seed <n>', 'seeds data, model and training', startDefaults.seed)
    .option('--base-port <port|free>', 'the first port; free: wherever all are free', parseBasePort)
    .option('--state <dir>', 'folder of the network’s state')
    .option('--exit', 'tear down and exit at the end, on a terminal too')
    .option('--json', 'one JSON object a line')
    .action(async (values: Record<string, unknown>) => run(values));
}
