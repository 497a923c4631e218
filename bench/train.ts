// Training speed: samples a second of local SGD on one thread, beside PyTorch on the CPU where a Python with torch is found.
// Both run one epoch to warm up and one that counts, in turns, in a fresh worker or process; medians of the rounds are shown.
// Options: --json, --rounds N, --python PATH (python3 by default).
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DataSet } from '../edge-agent/src/data/index.ts';
import { cnn, initialParameters, mlp } from '../edge-agent/src/models/index.ts';
import { createTrainer, parseRecipe, seededRandom } from '../edge-agent/src/train/index.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string', default: 'python3' },
  },
});

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
function noise(examples: number): DataSet {
  const random = seededRandom('bench', 'train');
  const features = Float32Array.from({ length: examples * 784 }, () => random.word() / 2 ** 32);
  const labels = Int32Array.from({ length: examples }, () => random.below(10));
  return { shape: [1, 28, 28], classes: 10, examples, features, labels };
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

interface TorchReport {
  readonly samplesPerSecond: number;
  readonly torch: string;
}

function theirs({ model, batch, examples }: Setting): TorchReport | undefined {
  const script = fileURLToPath(new URL('train-torch.py', import.meta.url));
  const args = [script, '--model', model, '--batch', String(batch), '--examples', String(examples)];
  const { status, stdout } = spawnSync(options.python, args, { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as TorchReport) : undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

const rows = [];
let torch: string | undefined;
for (const setting of SETTINGS) {
  const [mine, peers]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    mine.push(await ours(setting));
    const report = theirs(setting);
    torch = report?.torch ?? torch;
    if (report !== undefined) peers.push(report.samplesPerSecond);
  }
  const [muster, peer] = [Math.round(median(mine)), Math.round(median(peers))];
  const compared = peers.length > 0 ? { torch: peer, ratio: Number((muster / peer).toFixed(2)) } : {};
  rows.push({ model: setting.model, batch: setting.batch, muster, ...compared });
}

if (options.json) console.log(JSON.stringify({ bench: 'train', unit: 'samples/s', threads: 1, torch, rows }));
else {
  console.log(
    `Training, samples/s, one thread${torch === undefined ? ' (no Python with torch found)' : `, PyTorch ${torch}`}`,
  );
  console.table(rows);
}
