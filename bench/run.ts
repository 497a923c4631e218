// `npm run bench -- <name> [--rounds N] [--cases N] [--parser name] [--json]`: runs one bench; without a name, lists them.
import { parseArgs } from 'node:util';
import { chooseFace, createProgress } from '../network/src/progress.ts';
import type { BenchModule, BenchOptions } from './bench.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatTable } from './table.ts';

interface Bench {
  readonly says: string;
  readonly load: () => Promise<BenchModule>;
}

/** The table of benches. A module is loaded only when it is run. */
const benches: Readonly<Record<string, Bench>> = {
  round: {
    says: "a federated round and its shares, beside a round of Flower's deployment runtime",
    load: () => import('./round.ts'),
  },
  ledger: {
    says: 'signed updates recorded a second through the gateways, beside one plain put a transaction',
    load: () => import('./ledger.ts'),
  },
  train: {
    says: 'samples a second of training on one thread, beside PyTorch: --models mlp,cnn,lstm,resnet,encoder',
    load: () => import('./train.ts'),
  },
  'train-nodes': {
    says: 'where the time of a training step goes, by node of the runtime: --models lstm',
    load: () => import('./train-nodes.ts'),
  },
  shakespeare: {
    says: 'next characters of Shakespeare by role over a real network, what is learnt a round: --roles N (8)',
    load: () => import('./shakespeare.ts'),
  },
  caliper: {
    says: 'the bench ledger once more, driven by Hyperledger Caliper beside our own load',
    load: () => import('./caliper.ts'),
  },
  aggregate: {
    says: "FedAvg of 100 updates of 1.66 million parameters, beside numpy's weighted mean",
    load: () => import('./aggregate.ts'),
  },
  'aggregate-rules': {
    says: 'every robust rule beside byzfl’s, on one thread: --rules',
    load: () => import('./aggregate-rules.ts'),
  },
  attacks: {
    says: 'points of accuracy that attacks cost rules: --all, or --rules, --attacks, --malicious 20,40, --alpha iid,0.5',
    load: () => import('./attacks.ts'),
  },
  'attacked-network': {
    says: 'accuracy of attacked jobs over a real network, beside the same unattacked: --agents N (40), --malicious 40, --attacks, --rules',
    load: () => import('./attacked-network.ts'),
  },
  drift: {
    says: 'what control variates win where agents’ data differ: --rounds N (40), --agents N (20), --alpha 0.1, --rules, --attacks, --malicious 20',
    load: () => import('./drift.ts'),
  },
  contribution: {
    says: 'whether reputations tell attackers from honest agents, and what scoring costs: --rounds N (10), --seed S',
    load: () => import('./contribution.ts'),
  },
  audit: {
    says: 'what a proof costs, and flips of its bits, of which none may pass: --cases N (100000)',
    load: () => import('./audit.ts'),
  },
  start: {
    says: 'npm start from a fresh clone to the first model, and a later one, by step',
    load: () => import('./start.ts'),
  },
  footprint: {
    says: 'memory and disk of each kind of process of a network of four organisations, after a job',
    load: () => import('./footprint.ts'),
  },
  fuzz: {
    says: 'every parser on inputs bent from its corpus: --cases N (100000), --parser <name>',
    load: () => import('./fuzz.ts'),
  },
  overload: {
    says: 'one gateway under ten times the load it can carry: --minutes N (10), --factor N (10)',
    load: () => import('./overload.ts'),
  },
  chaos: {
    says: 'kill -9 at random instants of each kind of process of a network at work: --runs N, --fault NAME, --seed S',
    load: () => import('./chaos.ts'),
  },
  soak: {
    says: 'memory, file handles and latency of a network under steady load, each minute: --minutes N (60)',
    load: () => import('./soak.ts'),
  },
  flower: {
    says: "a round of Flower's deployment runtime alone: 8 clients, MNIST in full, one epoch, batch 10",
    load: () => import('./flower-round.ts'),
  },
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function list(): string {
  const rows = Object.entries(benches).map(([bench, { says }]) => ({ bench, measures: says }));
  return `npm run bench -- <bench> [--rounds N] [--json]\n\n${formatTable(rows)}`;
}

type Sizes = Omit<BenchOptions, 'progress' | 'signal'>;

/** Who ends a bench by a signal is told so in a line; what it had started is torn down then. */
const ENDED = 130;
const abort = new AbortController();

function wasEnded(error: unknown): boolean {
  const { signal } = abort;
  return signal.aborted && (error === signal.reason || (error instanceof Error && error.name === 'AbortError'));
}

async function runBench(name: string, bench: Bench, json: boolean, sizes: Sizes): Promise<void> {
  for (const signal of SIGNALS) {
    process.once(signal, () => abort.abort(new Error(`ended by ${signal}`)));
  }
  const progress = createProgress(chooseFace(false, process.stderr), process.stderr);
  const machine = describeMachine();
  const { run } = await bench.load();
  const result = await run({ progress, signal: abort.signal, ...sizes });
  if (json) {
    const { title, figures, ratio } = result;
    console.log(JSON.stringify({ bench: name, title, machine, figures, ...(ratio === undefined ? {} : { ratio }) }));
    return;
  }
  console.log(`\n${result.title}\n${machineLine(machine)}\n\n${formatTable(result.rows)}`);
  for (const { title, rows, below } of result.sections ?? []) {
    console.log(`\n${title}\n\n${formatTable(rows)}\n\n${below}`);
  }
  if (result.ratio !== undefined) {
    console.log(`\nours ÷ theirs: ${result.ratio.toFixed(3)}`);
  }
}

function fail(text: string): void {
  console.error(text);
  process.exitCode = 2;
}

const settings = {
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    json: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    cases: { type: 'string' },
    minutes: { type: 'string' },
    factor: { type: 'string' },
    parser: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string' },
    roles: { type: 'string' },
    fault: { type: 'string' },
    models: { type: 'string' },
    agents: { type: 'string' },
    root: { type: 'string' },
    all: { type: 'boolean' },
    rules: { type: 'string' },
    attacks: { type: 'string' },
    malicious: { type: 'string' },
    alpha: { type: 'string' },
    copies: { type: 'string' },
    results: { type: 'string' },
    report: { type: 'boolean' },
  },
} as const;

function readArguments(): ReturnType<typeof parseArgs<typeof settings>> {
  try {
    return parseArgs(settings);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${list()}`);
    process.exit(2);
  }
}

const { values, positionals } = readArguments();
const [name] = positionals;
const bench = name === undefined || !Object.hasOwn(benches, name) ? undefined : benches[name];
const counts = (['rounds', 'cases', 'minutes', 'factor', 'runs', 'seed', 'roles', 'agents', 'root'] as const).flatMap(
  (option) => (values[option] === undefined ? [] : [[option, Number(values[option])] as const]),
);
const bad = counts.find(([, count]) => !(Number.isInteger(count) && count > 0));
if (name === undefined || values.help) {
  console.log(list());
} else if (bench === undefined) {
  fail(`no bench is called ${name}\n\n${list()}`);
} else if (bad !== undefined) {
  fail(`--${bad[0]} must be a positive integer, not ${values[bad[0]] ?? ''}`);
} else {
  // numbers take the place of their texts
  const given = { ...values, ...Object.fromEntries(counts) } as unknown as Sizes;
  try {
    await runBench(name, bench, values.json, given);
  } catch (error) {
    if (wasEnded(error)) {
      fail((abort.signal.reason as Error).message);
      process.exitCode = ENDED;
    } else if (error instanceof TypeError && error.message.startsWith('--')) {
      // an option's value that the bench itself refuses
      fail(error.message);
    } else throw error;
  }
}
