// The bench `train`: samples a second of local SGD on one thread, beside PyTorch on the CPU.
// Both run one epoch to warm up and one that counts, in turns, in a fresh worker or process; medians of the rounds are shown.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inMemory, type DataOrigin } from '../edge-agent/src/data/index.ts';
import { cnn, initialParameters, mlp } from '../edge-agent/src/models/index.ts';
import { createTrainer, parseRecipe, seededRandom } from '../edge-agent/src/train/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { ensureFlower } from './flower-environment.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 3;
const MODELS = { mlp: mlp({ sizes: [784, 200, 200, 10], seed: 1 }), cnn: cnn({ seed: 1 }) };

interface Setting {
  readonly model: keyof typeof MODELS;
  readonly batch: number;
  readonly examples: number;
}

const SETTINGS: readonly Setting[] = [
  { model: 'mlp', batch: 10, examples: 30_000 },
  { model: 'mlp', batch: 32, examples: 60_000 },
  { model: 'mlp', batch: 64, examples: 60_000 },
  { model: 'cnn', batch: 10, examples: 1000 },
  { model: 'cnn', batch: 32, examples: 1600 },
];

/** Speed does not depend on what is learnt, so the examples are random. */
function noise(examples: number): DataOrigin {
  const random = seededRandom('bench', 'train');
  const features = Float32Array.from({ length: examples * 784 }, () => random.word() / 2 ** 32);
  const targets = Int32Array.from({ length: examples }, () => random.below(10));
  const target = { kind: 'class', classes: 10 } as const;
  return inMemory({ shape: [1, 28, 28], dtype: 'float32', target, examples, features, targets });
}

async function ours({ model, batch, examples }: Setting): Promise<number> {
  const recipe = parseRecipe({
    v: 1,
    loss: 'cross-entropy',
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 },
    proximal: 0,
    epochs: 1,
    batchSize: batch,
    stepsPerRun: model === 'mlp' ? 100 : 10,
  });
  const trainer = await createTrainer({ model: MODELS[model], recipe });
  const parameters = new Map(initialParameters(MODELS[model]).map(({ name, data }) => [name, data]));
  const request = { parameters, data: noise(examples), seedKey: { seed: 1, job: 'bench', round: 1, agent: 'bench' } };
  await trainer.train(request);
  const { seconds } = await trainer.train(request);
  await trainer.close();
  return examples / seconds;
}

async function theirs({ model, batch, examples }: Setting, python: string, signal: AbortSignal): Promise<number> {
  const script = fileURLToPath(new URL('train-torch.py', import.meta.url));
  const args = [script, '--model', model, '--batch', String(batch), '--examples', String(examples)];
  const { stdout } = await promisify(execFile)(python, args, { signal });
  return (JSON.parse(stdout) as { samplesPerSecond: number }).samplesPerSecond;
}

/** PyTorch is the one of the Flower bench's environment. */
export async function run({ progress, signal, rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const { bin, versions } = await progress.step('PyTorch: environment', (note) => ensureFlower(note, signal));
  const rows: (Row & { ratio: number })[] = [];
  for (const setting of SETTINGS) {
    const { model, batch } = setting;
    const [mine, peers]: [number[], number[]] = [[], []];
    await progress.step(`${model}, batch ${batch}`, async () => {
      for (let round = 0; round < rounds; round++) {
        mine.push(await ours(setting));
        peers.push(await theirs(setting, join(bin, 'python'), signal));
      }
    });
    const ratio = rounded(median(mine) / median(peers), 2);
    rows.push({ model, batch, muster: Math.round(median(mine)), torch: Math.round(median(peers)), ratio });
  }
  return {
    title: `Training on one thread, samples a second, beside PyTorch ${versions['torch'] ?? ''}; ratio: ours ÷ theirs, higher is faster`,
    rows,
    figures: { unit: 'samples/s', threads: 1, settings: rows },
    ratio: rows[0]?.ratio ?? NaN,
  };
}
