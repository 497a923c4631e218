// The bench `flower`: a round of Flower alone, to know the peer before it is compared with.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { writeClientData } from './flower-data.ts';
import { type FlowerResult, runFlower } from './flower.ts';
import { rounded, summarise } from './statistics.ts';

const CLIENTS = 8;
const ROUNDS = 3;
const RECIPE = { batchSize: 10, learningRate: 0.1 };
const SPLIT = { clients: CLIENTS, split: 'iid', seed: 1 };

export async function run({ progress, signal, rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const data = await mkdtemp(join(tmpdir(), 'muster-flower-data-'));
  try {
    const examples = await progress.step('MNIST over the clients', () => writeClientData(data, SPLIT));
    const result = await runFlower({ data, clients: CLIENTS, rounds, ...RECIPE, progress, signal });
    const versions = Object.entries(result.versions).map((pair) => pair.join(' '));
    return {
      title: `Flower's deployment runtime, ${CLIENTS} clients, MNIST iid, mlp 784-200-200-10 (${versions.join(', ')})`,
      rows: result.secondsPerRound.map((_, index) => row(result, index)),
      figures: {
        ...RECIPE,
        ...SPLIT,
        examples,
        ...result,
        secondsPerRoundSummary: summarise(result.secondsPerRound),
        trainingSecondsPerRoundSummary: summarise(result.trainingSecondsPerRound),
      },
    };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

function row(result: FlowerResult, index: number): Row {
  const clients = result.trainingSecondsPerClient[index] ?? [];
  return {
    round: index + 1,
    seconds: rounded(result.secondsPerRound[index] ?? NaN, 2),
    'of it training': rounded(result.trainingSecondsPerRound[index] ?? NaN, 2),
    'of it evaluation': rounded(result.evaluationSecondsPerRound[index] ?? NaN, 2),
    'training of one client, median': rounded(summarise(clients).median, 2),
    accuracy: rounded(result.accuracy[index] ?? NaN, 4),
  };
}
