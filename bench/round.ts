// The bench `round`: a federated round on the real network beside one of Flower's deployment runtime. Same data, model, batch,
// epochs and number of clients; the two alternate, and while one runs the other is down.
import type { NetworkPlan } from '../network/src/index.ts';
import { agentData, distributeMnist } from '../network/src/start/distribute-data.ts';
import type { RoundReport } from '../network/src/start/follow-job.ts';
import { runJob } from '../network/src/start/run-job.ts';
import { startMembers } from '../network/src/start/run-members.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { runFlower, type FlowerResult } from './flower.ts';
import { readLines, sharesOf, type Shares } from './round/shares.ts';
import { median, rounded } from './statistics.ts';
import { runNetwork, withFolder } from './with-network.ts';

const TURNS = 2;
const ROUNDS = 4;
const SEED = 1;
const RECIPE = { batchSize: 10, learningRate: 0.1 };
const PARTITION = { partition: { name: 'iid' }, seed: SEED } as const;

interface MusterRound extends RoundReport {
  readonly shares: Shares;
}

/** Flower's folder layout over the very files of our agents: `client-<n>/images.idx`. */
function clientFolders(plan: NetworkPlan): string[] {
  return plan.organisations.flatMap((own) => own.agents.map((agent) => agentData(own, agent)));
}

/** Brings the network up (again), runs one job, takes it down. */
function musterRounds(
  state: string,
  rounds: number,
  { progress, signal }: BenchOptions,
): Promise<{ rounds: MusterRound[]; clients: string[] }> {
  return runNetwork({ state, progress }, async (network) => {
    const { plan } = network;
    await progress.step('data', () => distributeMnist(plan.organisations, PARTITION));
    await progress.step('validators and agents', () => startMembers(network, () => undefined));
    const { optimiser, ...recipe } = {
      optimiser: { learningRate: RECIPE.learningRate },
      batchSize: RECIPE.batchSize,
      epochs: 1,
    };
    const finished = await progress.step('Muster: rounds', (note) =>
      runJob(plan, {
        name: 'bench',
        model: 'mlp',
        rounds,
        seed: SEED,
        recipe: { ...recipe, optimiser },
        watcher: { onRound: ({ round, seconds }) => note(`${round} of ${rounds}: ${seconds.toFixed(2)} s`) },
        signal,
      }),
    );
    const lines = await readLines(plan.logFolder, finished.job);
    return {
      rounds: finished.rounds.map((round) => ({ ...round, shares: sharesOf(lines, round) })),
      clients: clientFolders(plan),
    };
  });
}

function musterRow(turn: number, { round, seconds, secondsAfterLastUpdate, accuracy, shares }: MusterRound): Row {
  const { training, transfer, ledger, aggregation, waiting } = shares;
  return {
    system: 'Muster',
    turn,
    round,
    seconds: rounded(seconds, 2),
    training: rounded(training, 2),
    transfer: rounded(transfer, 2),
    ledger: rounded(ledger, 2),
    aggregation: rounded(aggregation, 2),
    waiting: rounded(waiting, 2),
    'last update to model': rounded(secondsAfterLastUpdate, 2),
    accuracy: rounded(accuracy, 4),
  };
}

function flowerRows(turn: number, result: FlowerResult): Row[] {
  return result.secondsPerRound.map((seconds, i) => ({
    system: 'Flower',
    turn,
    round: i + 1,
    seconds: rounded(seconds, 2),
    training: rounded(result.trainingSecondsPerRound[i] ?? NaN, 2),
    accuracy: rounded(result.accuracy[i] ?? NaN, 4),
  }));
}

function medianShares(rounds: readonly MusterRound[]): Shares {
  const of = (share: keyof Shares): number => rounded(median(rounds.map(({ shares }) => shares[share])), 3);
  return {
    training: of('training'),
    transfer: of('transfer'),
    ledger: of('ledger'),
    aggregation: of('aggregation'),
    waiting: of('waiting'),
  };
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, signal, rounds = ROUNDS } = options;
  const ours: MusterRound[] = [];
  const theirs: FlowerResult[] = [];
  const rows: Row[] = [];
  await withFolder('round', async (state) => {
    for (let turn = 1; turn <= TURNS; turn++) {
      const muster = await musterRounds(state, rounds, options);
      ours.push(...muster.rounds);
      rows.push(...muster.rounds.map((round) => musterRow(turn, round)));
      const { clients } = muster;
      const flower = await runFlower({ data: clients, clients: clients.length, rounds, ...RECIPE, progress, signal });
      theirs.push(flower);
      rows.push(...flowerRows(turn, flower));
    }
  });
  const musterSeconds = median(ours.map(({ seconds }) => seconds));
  const flowerSeconds = median(theirs.flatMap(({ secondsPerRound }) => secondsPerRound));
  return {
    title: `A round of 8 clients, MNIST iid, mlp 784-200-200-10, batch 10, one epoch: Muster (4 organisations, BFT ledger) beside Flower ${theirs[0]?.versions['flwr'] ?? ''}`,
    rows,
    figures: {
      musterSecondsPerRound: musterSeconds,
      flowerSecondsPerRound: flowerSeconds,
      musterShares: medianShares(ours),
      secondsFromLastUpdateToModel: median(ours.map(({ secondsAfterLastUpdate }) => secondsAfterLastUpdate)),
      flowerTrainingSeconds: median(theirs.flatMap(({ trainingSecondsPerRound }) => trainingSecondsPerRound)),
      versions: theirs[0]?.versions,
    },
    ratio: musterSeconds / flowerSeconds,
  };
}
