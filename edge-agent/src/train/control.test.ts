// Training with control variates: the paper's models, round by round, and the same bits however a run is cut.
import { createAggregator, digestOf } from '@muster/protocol';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVectors } from '../../../test/support/vectors.ts';
import { controlAfter, correctionOf } from '../agent/control-variate.ts';
import { memorySource } from '../data/index.ts';
import { mlp } from '../models/index.ts';
import { LocalTrainer, type LocalTraining, type TrainResult } from './local-training.ts';
import { seededRandom } from './random.ts';
import { parseRecipe, type Recipe } from './recipe.ts';

interface Regressions {
  readonly features: readonly (readonly (readonly number[])[])[];
  readonly targets: readonly (readonly number[])[];
  readonly start: readonly number[];
  readonly steps: number;
  readonly localRate: number;
  readonly serverRate: number;
}

interface Round {
  readonly takingPart: readonly number[];
  readonly model: readonly number[];
  readonly control: readonly number[];
  readonly controls: readonly (readonly number[])[];
}

const FORMAT = { fractionBits: 24, magnitudeBits: 28 };
const SEED_KEY = { seed: 1, job: 'control', round: 1, agent: 'army/agent-1' };
const [vector] = readVectors<Regressions, readonly Round[]>('aggregate', 'scaffold');
const { input, expect: rounds } = vector!;

const recipeOf = (rest: Partial<Recipe> = {}): Recipe =>
  parseRecipe({
    v: 1,
    loss: 'mean-squared-error',
    optimiser: { name: 'sgd', learningRate: input.localRate },
    proximal: 0,
    control: 1,
    steps: input.steps,
    batchSize: 4,
    stepsPerRun: 1,
    ...rest,
  });

/** Weights, then the bias, as the vectors have them. */
const parametersOf = (values: Float32Array): Map<string, Float32Array> =>
  new Map([
    ['dense1.weight', values.slice(0, 2)],
    ['dense1.bias', values.slice(2)],
  ]);
const valuesOf = (parameters: ReadonlyMap<string, Float32Array>): Float32Array =>
  Float32Array.from(['dense1.weight', 'dense1.bias'].flatMap((name) => [...parameters.get(name)!]));

const close = (actual: Float32Array, expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));

/** A local run of one of the vector's agents: the change, fixed point. */
async function change(trainer: LocalTrainer, agent: number, x: Float32Array, added: Float32Array): Promise<Int32Array> {
  const data = memorySource({
    ...{ shape: [2], dtype: 'float32', target: { kind: 'value', width: 1 }, examples: 4 },
    features: Float32Array.from(input.features[agent]!.flat()),
    targets: Float32Array.from(input.targets[agent]!),
  });
  const run = { parameters: parametersOf(x), control: parametersOf(added), data, seedKey: SEED_KEY };
  const trained = valuesOf((await trainer.train(run)).parameters);
  return Int32Array.from(trained, (value, i) => Math.round((value - x[i]!) * 2 ** FORMAT.fractionBits));
}

describe('control variates', () => {
  test.each([
    ['fused into the gradients’ products', {}],
    ['in a loop inside of the graph', { stepsPerRun: 3 }],
    ['after gradients that were clipped', { clip: { norm: 1000 } }],
  ])('make the paper’s models and control variates, %s', async (_title, rest) => {
    const trainer = await LocalTrainer.open(mlp({ sizes: [2, 1], seed: 1, shape: [2] }), recipeOf(rest), 1);
    const rate = input.steps * input.localRate;
    const options = { lr: input.serverRate, rate, agents: 3 };
    let x: Float32Array = Float32Array.from(input.start);
    let carry: readonly Float32Array[] = [new Float32Array(3)];
    const own: Float32Array[] = [0, 1, 2].map(() => new Float32Array(3));
    for (const expected of rounds!) {
      const aggregator = createAggregator({ name: 'scaffold', options }, { parameters: 3, fixedPoint: FORMAT, carry });
      for (const agent of expected.takingPart) {
        const added = correctionOf(carry[0]!, own[agent]!, 1);
        const made = await change(trainer, agent, x, added);
        own[agent] = controlAfter(made, added, { rate, ...FORMAT });
        aggregator.add({ by: `agent-${agent}`, examples: 4, change: made });
      }
      x = aggregator.finish(x);
      ({ carry } = aggregator);
      close(x, expected.model);
      close(carry[0]!, expected.control);
      own.forEach((values, agent) => close(values, expected.controls[agent]!));
      // c is the mean of all agents' control variates, whoever took part
      close(
        carry[0]!,
        [0, 1, 2].map((i) => (own[0]![i]! + own[1]![i]! + own[2]![i]!) / 3),
      );
    }
    await trainer.close();
  });

  test('of the recipe’s share are added and taken off by that share', () => {
    const added = correctionOf(Float32Array.of(1, 0), Float32Array.of(0.5, 0.25), 0.5);
    expect([...added]).toEqual([0.25, -0.125]);
    const after = controlAfter(Int32Array.of(-16, 16), added, { rate: 2, fractionBits: 4 });
    expect([...after]).toEqual([0.25, -0.375]);
  });
});

describe('a run of so many steps', () => {
  const MODEL = mlp({ sizes: [6, 5, 3], seed: 1, shape: [6] });
  const random = seededRandom('control');
  const data = memorySource({
    ...{ shape: [6], dtype: 'float32', target: { kind: 'class', classes: 3 }, examples: 50 },
    features: Float32Array.from({ length: 300 }, () => random.uniform() * 2 - 1),
    targets: Int32Array.from({ length: 50 }, () => random.below(3)),
  });
  const sizes = new Map([
    ['dense1.weight', 30],
    ['dense1.bias', 5],
    ['dense2.weight', 15],
    ['dense2.bias', 3],
  ]);
  const filled = (make: () => number): Map<string, Float32Array> =>
    new Map(Array.from(sizes, ([name, length]) => [name, Float32Array.from({ length }, make)]));
  const start = filled(() => random.uniform() - 0.5);
  const control = filled(() => random.uniform() / 10);
  const common = { loss: 'cross-entropy', batchSize: 8 } as const;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-control-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function train(recipe: Partial<Recipe>, rest: Partial<LocalTraining> = {}): Promise<TrainResult> {
    const trainer = await LocalTrainer.open(MODEL, recipeOf({ ...common, ...recipe }), 1);
    const parameters = new Map(Array.from(start, ([name, values]) => [name, values.slice()]));
    try {
      return await trainer.train({ parameters, data, seedKey: SEED_KEY, control, ...rest });
    } finally {
      await trainer.close();
    }
  }
  const bitsOf = ({ parameters, loss }: TrainResult): string[] => [
    ...Array.from(parameters.values(), ({ buffer }) => digestOf(new Uint8Array(buffer as ArrayBuffer))),
    String(loss),
  ];

  test('is that of as many epochs where they are whole', async () => {
    const steps = await train({ steps: 14, control: undefined }, { control: undefined });
    const epochs = await train({ steps: undefined, epochs: 2, control: undefined }, { control: undefined });
    expect([steps.steps, bitsOf(steps)]).toEqual([14, bitsOf(epochs)]);
  });

  test('ends within an epoch, whose loss is that of the examples it came to', async () => {
    const whole = await train({ steps: 7 });
    const [one, more] = [await train({ steps: 1 }), await train({ steps: 9 })];
    expect([one.steps, whole.steps, more.steps]).toEqual([1, 7, 9]);
    // the first step's loss is that of the start, which no control has changed yet
    const plain = await train({ steps: 1, control: undefined }, { control: undefined });
    expect(one.loss).toBe(plain.loss);
    expect(bitsOf(one).slice(0, 4)).not.toEqual(bitsOf(plain).slice(0, 4));
    // about what a guess among three classes costs, neither a part nor a multiple of it
    for (const { loss } of [one, whole, more]) expect(loss).toBeGreaterThan(0.9);
    for (const { loss } of [one, whole, more]) expect(loss).toBeLessThan(1.5);
  });

  test('broken off and resumed comes to the same bits, whatever was fed to each gradient', async () => {
    const unbroken = await train({ steps: 17, stepsPerRun: 2 });
    const checkpoint = { file: join(folder, 'checkpoint'), key: 'key', everyMs: 0 };
    const broken = train(
      { steps: 17, stepsPerRun: 2 },
      {
        checkpoint,
        onProgress: ({ step }) => {
          if (step > 10) throw new Error('broken off');
        },
      },
    );
    await expect(broken).rejects.toThrow('broken off');
    const resumed = await train({ steps: 17, stepsPerRun: 2 }, { checkpoint });
    expect(resumed.resumed).toBeGreaterThan(10);
    expect(bitsOf(resumed)).toEqual(bitsOf(unbroken));
  });

  test('without anything to add is that of a recipe without control variates, and refuses what is not the model’s', async () => {
    const nothing = await train({ steps: 9 }, { control: undefined });
    const plain = await train({ steps: 9, control: undefined }, { control: undefined });
    expect(bitsOf(nothing)).toEqual(bitsOf(plain));
    const wrong = train({ steps: 9 }, { control: new Map([['dense1.weight', new Float32Array(30)]]) });
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_PARAMETERS_INVALID' });
  });
});
