// The bench `attacked-network`: what attacks cost a job over a real network, beside the same job unattacked. Attackers collude in
// one process and read what the ledger shows them; everybody else is a process of its own.
import type { DataOrigin } from '@muster/edge-agent';
import { needsRoot } from '@muster/protocol';
import { ATTACKS, attackersSpec, ATTACKERS_NODE, chooseMalicious } from '../network/src/start/attack.ts';
import { distributeMnist, rootEpochsFor } from '../network/src/start/distribute-data.ts';
import { runJob } from '../network/src/start/run-job.ts';
import type { RoundReport } from '../network/src/start/follow-job.ts';
import { startMembers } from '../network/src/start/run-members.ts';
import type { Network } from '../network/src/index.ts';
import { rules } from './attacks/rules.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { mean, median, rounded } from './statistics.ts';
import { ORGANISATIONS, withNetwork } from './with-network.ts';

const AGENTS = 40;
const ROUNDS = 10;
const PERCENT = 40;
/** Examples of the root data set, of rules that need one: as in the bench `attacks`. */
const ROOT = 100;
const PARTITION = { name: 'dirichlet', alpha: 0.5 } as const;
/** Those that cost the rules of the bench `attacks` most, one that trains, and one that copies. */
const CHOSEN = 'ipm,ipm-near,sign-flip,alie,label-flip,zeros,mimic,copy';
const RULES = 'nnm + trimmed-mean';
/** One round's accuracy alone goes up and down by more than rules differ. */
const COUNTED_ROUNDS = 3;

interface Plan {
  readonly agents: number;
  readonly rounds: number;
  readonly percent: number;
  readonly seed: number;
  readonly attacks: readonly string[];
  readonly rules: readonly string[];
}

function list(option: string, text: string, known: readonly string[]): string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`--${option}: ${unknown} is none of ${known.join(', ')}`);
  return names;
}

function planOf(options: BenchOptions): Plan {
  const { agents = AGENTS, rounds = ROUNDS, seed = 1, malicious = String(PERCENT) } = options;
  if (agents % ORGANISATIONS !== 0) throw new TypeError(`--agents must be a multiple of ${ORGANISATIONS}`);
  const percent = Number(malicious);
  if (!(percent > 0 && percent < 50)) throw new TypeError('--malicious must be one percentage below 50');
  return {
    ...{ agents, rounds, seed, percent },
    attacks: list('attacks', options.attacks ?? CHOSEN, ATTACKS),
    rules: list('rules', options.rules ?? RULES, Object.keys(rules)),
  };
}

/** What became of a job. */
interface Played {
  readonly rule: string;
  readonly attack: string;
  readonly accuracy: number;
  readonly leftOut: number;
  readonly secondsPerRound: number;
}

const NOBODY = 'none';

function asksForRoot(rule: string, percent: number): boolean {
  const terms = rules[rule]?.(percent);
  return terms !== undefined && needsRoot(terms);
}

const nodeOf = (by: string): string => by.split('/').reverse().join('.');

class Jobs {
  readonly played: Played[] = [];
  private readonly network: Network;
  private readonly plan: Plan;
  private readonly rootData: DataOrigin | undefined;
  private readonly options: BenchOptions;

  constructor(network: Network, plan: Plan, rootData: DataOrigin | undefined, options: BenchOptions) {
    this.rootData = rootData;
    this.network = network;
    this.plan = plan;
    this.options = options;
  }

  async play(rule: string, attack: string): Promise<void> {
    const { progress, signal } = this.options;
    const { rounds, seed, percent } = this.plan;
    const terms = rules[rule]?.(percent);
    if (terms === undefined) throw new TypeError(`no rule is called ${rule}`);
    const rootEpochs = rootEpochsFor(this.plan.agents, ROOT);
    const rooted = needsRoot(terms) && this.rootData !== undefined ? { rootData: this.rootData, rootEpochs } : {};
    signal.throwIfAborted();
    const what = `${rule}, ${attack === NOBODY ? 'nobody attacks' : `under ${attack}`}`;
    const job = { name: `under-${attack}`, model: 'mlp', rounds, seed, rule: terms, signal, ...rooted };
    const run = await progress.step(what, (note) =>
      runJob(this.network.plan, {
        ...job,
        watcher: { onRound: ({ round, accuracy }) => note(`${round} of ${rounds}: ${(100 * accuracy).toFixed(2)} %`) },
      }),
    );
    const of = (value: (round: RoundReport) => number): number[] => run.rounds.map(value);
    const accuracy = mean(of((round) => round.accuracy).slice(-COUNTED_ROUNDS));
    const leftOut = of(({ excluded }) => excluded.length).reduce((sum, count) => sum + count, 0);
    const done = { rule, attack, accuracy, leftOut, secondsPerRound: median(of(({ seconds }) => seconds)) };
    this.played.push(done);
    progress.tell(`  ${what}: ${(100 * accuracy).toFixed(2)} %`, 'played', { ...done });
  }

  /** Attackers take the place of agents that were honest so far, for one job of each rule. */
  async underAttack(name: string, malicious: readonly string[]): Promise<void> {
    const { supervisor } = this.network;
    await supervisor.startNode(await attackersSpec(this.network, { name, seed: this.plan.seed, malicious }));
    try {
      for (const rule of this.plan.rules) await this.play(rule, name);
    } finally {
      await supervisor.stopNode(ATTACKERS_NODE);
    }
  }
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress } = options;
  const plan = planOf(options);
  const agentsPerOrganisation = plan.agents / ORGANISATIONS;
  return withNetwork('attacked-network', { progress, agentsPerOrganisation }, async (network) => {
    const { organisations } = network.plan;
    const data = {
      partition: PARTITION,
      seed: plan.seed,
      root: plan.rules.some((name) => asksForRoot(name, plan.percent)) ? ROOT : 0,
    };
    const rootData = await progress.step('data', () => distributeMnist(organisations, data));
    await progress.step('validators and agents', (note) => startMembers(network, (node) => note(`${node} is ready`)));
    const jobs = new Jobs(network, plan, rootData, options);
    for (const rule of new Set(['fed-avg', ...plan.rules])) await jobs.play(rule, NOBODY);
    const malicious = chooseMalicious(organisations, plan.percent / 100, plan.seed);
    await Promise.all(malicious.map((by) => network.supervisor.stopNode(nodeOf(by))));
    for (const attack of plan.attacks) await jobs.underAttack(attack, malicious);
    const [unattacked] = jobs.played as [Played];
    const rows = jobs.played.map(({ rule, attack, accuracy, leftOut, secondsPerRound }): Row => ({
      rule,
      attack,
      'accuracy %': rounded(100 * accuracy, 2),
      'points lost': rounded(100 * (unattacked.accuracy - accuracy), 2),
      'updates left out': leftOut,
      'seconds a round': rounded(secondsPerRound, 1),
    }));
    return {
      title: `${plan.agents} agents of ${ORGANISATIONS} organisations on a real network, ${malicious.length} of them malicious where there is an attack; MNIST, Dirichlet 0.5, ${plan.rounds} rounds, mlp 784-200-200-10`,
      rows,
      figures: { ...plan, malicious, played: jobs.played },
    };
  });
}
