// The bench `train`: samples a second of local SGD on one thread, beside PyTorch on the CPU.
// Both run one epoch to warm up and one that counts, in turns, in a fresh worker or process; medians of the rounds are shown.
// A second of processor time says the same of a machine where others are at work as one of the clock says of an idle one.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inMemory, type DataOrigin } from '../edge-agent/src/data/index.ts';
import { initialParameters } from '../edge-agent/src/models/index.ts';
import { createTrainer, seededRandom } from '../edge-agent/src/train/index.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { ensureFlower } from './flower-environment.ts';
import { named } from './named.ts';
import { median, processorSeconds, rounded } from './statistics.ts';
import { MODELS, type BenchModel, type ModelName } from './train/models.ts';
import { plainSgd } from './train/recipe.ts';

const ROUNDS = 3;

interface Setting {
  readonly model: ModelName;
  readonly batch: number;
  readonly examples: number;
}

const SETTINGS: readonly Setting[] = [
  { model: 'mlp', batch: 10, examples: 30_000 },
  { model: 'mlp', batch: 32, examples: 60_000 },
  { model: 'mlp', batch: 64, examples: 60_000 },
  { model: 'cnn', batch: 10, examples: 1000 },
  { model: 'cnn', batch: 32, examples: 1600 },
  { model: 'lstm', batch: 10, examples: 3000 },
  { model: 'resnet', batch: 32, examples: 1600 },
  { model: 'encoder', batch: 32, examples: 6400 },
];

/** What one epoch took. */
interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Speed does not depend on what is learnt, so the examples are random. */
function noise({ shape, classes, codes }: BenchModel, examples: number): DataOrigin {
  const random = seededRandom('bench', 'train');
  const size = examples * shape.reduce((product, length) => product * length, 1);
  const targets = Int32Array.from({ length: examples }, () => random.below(classes));
  const target = { kind: 'class', classes } as const;
  if (codes === undefined) {
    const features = Float32Array.from({ length: size }, () => random.word() / 2 ** 32);
    return inMemory({ shape, dtype: 'float32', target, examples, features, targets });
  }
  const features = BigInt64Array.from({ length: size }, () => BigInt(random.below(codes)));
  return inMemory({ shape, dtype: 'int64', target, examples, features, targets });
}

async function ours({ model: name, batch, examples }: Setting): Promise<Taken> {
  const recipe = plainSgd(batch, name === 'mlp' ? 100 : 10);
  const model = MODELS[name]();
  const trainer = await createTrainer({ model: model.bytes, recipe });
  const parameters = new Map(initialParameters(model.bytes).map(({ name: each, data }) => [each, data]));
  const seedKey = { seed: 1, job: 'bench', round: 1, agent: 'bench' };
  const request = { parameters, data: noise(model, examples), seedKey };
  await trainer.train(request);
  const before = process.cpuUsage();
  const { seconds } = await trainer.train(request);
  const cpuSeconds = processorSeconds(before);
  await trainer.close();
  return { seconds, cpuSeconds };
}

async function theirs({ model, batch, examples }: Setting, python: string, signal: AbortSignal): Promise<Taken> {
  const script = fileURLToPath(new URL('train/peer.py', import.meta.url));
  const args = [script, '--model', model, '--batch', String(batch), '--examples', String(examples)];
  const { stdout } = await promisify(execFile)(python, args, { signal });
  return JSON.parse(stdout) as Taken;
}

/** @throws TypeError naming a model that there is not */
function chosen(models: string | undefined): readonly Setting[] {
  const known = Object.keys(MODELS);
  const names = named('models', models, known) ?? known;
  return SETTINGS.filter(({ model }) => names.includes(model));
}

/** Samples a second, by the clock and by processor time. */
function rateOf(taken: readonly Taken[], examples: number): { readonly clock: number; readonly cpu: number } {
  return {
    clock: examples / median(taken.map(({ seconds }) => seconds)),
    cpu: examples / median(taken.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

/** PyTorch is the one of the Flower bench's environment. */
export async function run({ progress, signal, rounds = ROUNDS, models }: BenchOptions): Promise<BenchResult> {
  const settings = chosen(models);
  const { bin, versions } = await progress.step('PyTorch: environment', (note) => ensureFlower(note, signal));
  const rows: (Row & { ratio: number })[] = [];
  for (const setting of settings) {
    const { model, batch, examples } = setting;
    const [mine, peers]: [Taken[], Taken[]] = [[], []];
    await progress.step(`${model}, batch ${batch}`, async () => {
      for (let round = 0; round < rounds; round++) {
        mine.push(await ours(setting));
        peers.push(await theirs(setting, join(bin, 'python'), signal));
      }
    });
    const [muster, torch] = [rateOf(mine, examples), rateOf(peers, examples)];
    rows.push({
      model,
      batch,
      muster: Math.round(muster.clock),
      torch: Math.round(torch.clock),
      ratio: rounded(muster.clock / torch.clock, 2),
      'muster CPU': Math.round(muster.cpu),
      'torch CPU': Math.round(torch.cpu),
      'ratio CPU': rounded(muster.cpu / torch.cpu, 2),
    });
  }
  return {
    title: `Training on one thread, samples a second of the clock and of processor time, beside PyTorch ${versions['torch'] ?? ''}; ratio: ours ÷ theirs, higher is faster`,
    rows,
    figures: { unit: 'samples/s', threads: 1, settings: rows },
    ratio: rows[0]?.ratio ?? NaN,
  };
}
