// Steps of training on PyTorch's vectors: options of a plain step, and five steps of a small mlp through the runtime.
import { readFileSync } from 'node:fs';
import { initialParameters, mlp } from '../../edge-agent/src/models/index.ts';
import { sizeOf } from '../../edge-agent/src/train/graph/index.ts';
import { learningRateAt, planOf, ratesAt } from '../../edge-agent/src/train/optimiser/index.ts';
import { openSession, tensor, type SessionTensor } from '../../edge-agent/src/train/session.ts';
import { STEP } from '../../edge-agent/src/train/step-names.ts';
import { buildTrainStep, type TrainStepOptions } from '../../edge-agent/src/train/train-step.ts';

type Feeds = Record<string, SessionTensor>;

/** Options of the simplest step there is: SGD on cross-entropy, one step a call. */
export function plainOptions(batchSize: number): TrainStepOptions {
  const optimiser = { name: 'sgd', learningRate: 0.1, momentum: 0 } as const;
  return { batchSize, loss: 'cross-entropy', optimiser, proximal: 0, stepsPerRun: 1 };
}

/** What the vectors of test/vectors/optimisers have in common. */
export interface StepVectors<C> {
  readonly sizes: number[];
  readonly batch: number;
  readonly steps: number;
  readonly start: Record<string, number[]>;
  readonly examples: number[];
  readonly labels: number[];
  readonly cases: readonly C[];
}

export function loadSteps(name: 'optimisers' | 'losses'): unknown {
  const url = new URL(`../vectors/optimisers/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

export interface Stepped {
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

/** Everything but the batches: data, start values, and states as zeros. */
function startFeeds(vectors: StepVectors<unknown>, options: TrainStepOptions, labels: SessionTensor): Feeds {
  const { batch, steps, sizes, start, examples } = vectors;
  const plan = planOf(options);
  const feeds: Feeds = {
    [STEP.examples]: tensor(Float32Array.from(examples), [batch * steps, sizes[0]!]),
    [STEP.labels]: labels,
  };
  if (plan.rates === 0) {
    const rate = learningRateAt(options, { step: 0, steps, round: 0 });
    feeds[STEP.learningRate] = tensor(Float32Array.of(rate), []);
  }
  for (const { name, shape } of initialParameters(mlp({ sizes, seed: 1, shape: [sizes[0]!] }))) {
    feeds[STEP.old(name)] = tensor(Float32Array.from(start[name]!), shape);
    if (options.proximal > 0) feeds[STEP.base(name)] = tensor(Float32Array.from(start[name]!), shape);
    for (const state of plan.states) feeds[STEP.old(state(name))] = tensor(new Float32Array(sizeOf(shape)), shape);
  }
  return feeds;
}

/** Takes all of the vectors' steps, in order, `stepsPerRun` a call. */
export async function takeSteps(
  vectors: StepVectors<unknown>,
  options: TrainStepOptions,
  labels: SessionTensor,
): Promise<Stepped> {
  const { batch, steps, sizes } = vectors;
  const { stepsPerRun } = options;
  const width = planOf(options).rates;
  const session = await openSession(buildTrainStep(mlp({ sizes, seed: 1, shape: [sizes[0]!] }), options));
  const feeds = startFeeds(vectors, options, labels);
  const lead = stepsPerRun > 1 ? [stepsPerRun] : [];
  const losses: number[] = [];
  for (let step = 0; step < steps; step += stepsPerRun) {
    const indices = Int32Array.from({ length: stepsPerRun * batch }, (_, index) => step * batch + index);
    feeds[STEP.indices] = tensor(indices, [...lead, batch]);
    feeds[STEP.weights] = tensor(new Float32Array(stepsPerRun * batch).fill(1 / batch), [...lead, batch]);
    const places = Array.from({ length: stepsPerRun }, (_, row) => ({ step: step + row, steps, round: 0 }));
    const rates = Float32Array.from(places.flatMap((place) => ratesAt(options, place)));
    if (width > 0) feeds[STEP.rates] = tensor(rates, [...lead, width]);
    const outputs = await session.run(feeds);
    losses.push(...(outputs[STEP.loss]!.data as Float32Array));
    for (const [name, value] of Object.entries(outputs)) {
      if (name !== STEP.loss) feeds[name.replace(/^new:/, 'old:')] = value;
    }
  }
  await session.release();
  const names = Object.keys(vectors.start);
  return {
    losses,
    parameters: Object.fromEntries(names.map((name) => [name, feeds[STEP.old(name)]!.data as Float32Array])),
  };
}

/** The largest difference there is between what came out and what PyTorch says. */
export function furthestOff(
  actual: Stepped,
  expected: { losses: number[]; parameters: Record<string, number[]> },
): number {
  const off = (a: ArrayLike<number>, b: readonly number[]): number =>
    a.length === b.length ? b.reduce((most, value, i) => Math.max(most, Math.abs(value - a[i]!)), 0) : Infinity;
  const parts = Object.entries(expected.parameters).map(([name, values]) => off(actual.parameters[name] ?? [], values));
  return Math.max(off(actual.losses, expected.losses), ...parts);
}
