// The trainer in its worker: same seed, same bits; refusals with their codes; an event loop that stays free.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { digestOf, isMusterError } from '@muster/protocol';
import { inMemory, type DataSet } from '../data/index.ts';
import { mlp } from '../models/index.ts';
import { initialParameters } from './graph/index.ts';
import { seededRandom } from './random.ts';
import { parseRecipe, type Recipe } from './recipe.ts';
import { createTrainer, type Trainer } from './trainer.ts';

// A worker starts in a fraction of a second, but on a machine that is busy it may take many.
jest.setTimeout(60_000);

const MODEL = mlp({ sizes: [16, 12, 3], seed: 1 });

const recipe = (change: Partial<Recipe> = {}): Recipe =>
  parseRecipe({
    v: 1,
    loss: 'cross-entropy',
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.5 },
    proximal: 0.01,
    epochs: 2,
    batchSize: 8,
    stepsPerRun: 4,
    ...change,
  });

/** Three classes, told apart by where an example is bright. 61 examples: the last batch of 8 is not full. */
function brightSpots(examples = 61): DataSet {
  const random = seededRandom('bright spots');
  const labels = Int32Array.from({ length: examples }, () => random.below(3));
  const features = Float32Array.from({ length: examples * 16 }, (_, index) => {
    const label = labels[Math.floor(index / 16)]!;
    return random.uniform() + (Math.floor((index % 16) / 5) === label ? 1 : 0);
  });
  return {
    shape: [1, 4, 4],
    dtype: 'float32',
    target: { kind: 'class', classes: 3 },
    examples,
    features,
    targets: labels,
  };
}

const start = (): Map<string, Float32Array> =>
  new Map(initialParameters(MODEL).map(({ name, data }) => [name, data] as const));

const digests = (parameters: ReadonlyMap<string, Float32Array>): string[] =>
  [...parameters].map(([name, { buffer, byteOffset, byteLength }]) =>
    [name, digestOf(new Uint8Array(buffer, byteOffset, byteLength))].join(' '),
  );

const SEED_KEY = { seed: 7, job: 'job', round: 1, agent: 'army.agent1' };

async function codeOf(act: Promise<unknown>): Promise<string> {
  const outcome = await act.then(
    () => 'done',
    (error: unknown) => error,
  );
  return isMusterError(outcome) ? outcome.code : String(outcome);
}

describe('trainer', () => {
  let trainer: Trainer;
  const spots = brightSpots();
  const data = inMemory(spots);

  beforeAll(async () => {
    trainer = await createTrainer({ model: MODEL, recipe: recipe() });
  });
  afterAll(() => trainer.close());

  test("names the model's parameters in its order", () => {
    expect(trainer.parameters).toEqual([
      { name: 'dense1.weight', shape: [16, 12], dtype: 'float32' },
      { name: 'dense1.bias', shape: [12], dtype: 'float32' },
      { name: 'dense2.weight', shape: [12, 3], dtype: 'float32' },
      { name: 'dense2.bias', shape: [3], dtype: 'float32' },
    ]);
  });

  test('trains to the same bits with the same seed, in another worker and in other portions too', async () => {
    const first = await trainer.train({ parameters: start(), data, seedKey: SEED_KEY });
    const second = await trainer.train({ parameters: start(), data, seedKey: SEED_KEY });
    expect(digests(second.parameters)).toEqual(digests(first.parameters));
    expect([...first.parameters.keys()]).toEqual(trainer.parameters.map(({ name }) => name));
    for (const stepsPerRun of [1, 100]) {
      const other = await createTrainer({ model: MODEL, recipe: recipe({ stepsPerRun }) });
      const again = await other.train({ parameters: start(), data, seedKey: SEED_KEY });
      expect(digests(again.parameters)).toEqual(digests(first.parameters));
      expect(again.loss).toBeCloseTo(first.loss, 6);
      await other.close();
    }
    const otherRound = await trainer.train({ parameters: start(), data, seedKey: { ...SEED_KEY, round: 2 } });
    expect(digests(otherRound.parameters)).not.toEqual(digests(first.parameters));
  });

  test('goes over the data as often as it is asked to, by the recipe’s epochs otherwise', async () => {
    const usual = await trainer.train({ parameters: start(), data, seedKey: SEED_KEY });
    const { epochs = 1 } = recipe();
    const same = await trainer.train({ parameters: start(), data, seedKey: SEED_KEY, epochs });
    expect(digests(same.parameters)).toEqual(digests(usual.parameters));
    const more = await trainer.train({ parameters: start(), data, seedKey: SEED_KEY, epochs: 3 * epochs });
    expect([more.steps, more.loss < usual.loss]).toEqual([3 * usual.steps, true]);
  });

  test('learns, leaves the base values alone and reports every step', async () => {
    const parameters = start();
    const before = digests(parameters);
    const reported: number[] = [];
    const onProgress = ({ step }: { step: number }): number => reported.push(step);
    const untrained = await trainer.evaluate({ parameters, data });
    const result = await trainer.train({ parameters, data, seedKey: SEED_KEY, onProgress });
    const trained = await trainer.evaluate({ parameters: result.parameters, data });
    expect(digests(parameters)).toEqual(before);
    expect(reported).toEqual([4, 8, 12, 16]);
    expect(result.steps).toBe(16);
    expect(result.loss).toBeLessThan(untrained.loss);
    expect(trained.loss).toBeLessThan(untrained.loss / 2);
    if (trained.kind !== 'class') throw new TypeError(trained.kind);
    expect(trained.accuracy).toBeGreaterThan(0.9);
  });

  test('accepts values that are views into one larger buffer', async () => {
    const values = initialParameters(MODEL);
    const whole = new Float32Array(values.reduce((sum, { data: each }) => sum + each.length, 3));
    let offset = 3;
    const views = new Map<string, Float32Array>();
    for (const { name, data: each } of values) {
      whole.set(each, offset);
      views.set(name, whole.subarray(offset, (offset += each.length)));
    }
    const [viewed, owned] = [
      await trainer.train({ parameters: views, data, seedKey: SEED_KEY }),
      await trainer.train({ parameters: start(), data, seedKey: SEED_KEY }),
    ];
    expect(digests(viewed.parameters)).toEqual(digests(owned.parameters));
  });

  test('refuses parameters that are not those of the model, and data that it does not take', async () => {
    const parameters = start();
    parameters.delete('dense1.bias');
    expect(await codeOf(trainer.train({ parameters, data, seedKey: SEED_KEY }))).toBe('ERR_PARAMETERS_INVALID');
    const stranger = start().set('stranger', new Float32Array(1));
    expect(await codeOf(trainer.evaluate({ parameters: stranger, data }))).toBe('ERR_PARAMETERS_INVALID');
    const short = start().set('dense1.bias', new Float32Array(1));
    expect(await codeOf(trainer.evaluate({ parameters: short, data }))).toBe('ERR_PARAMETERS_INVALID');
    const bad: DataSet[] = [
      { ...spots, shape: [16] },
      { ...spots, examples: 60 },
      { ...spots, examples: 0, features: new Float32Array(), targets: new Int32Array() },
      { ...spots, targets: spots.targets.map(() => 3) },
      { ...spots, target: { kind: 'class', classes: 4 } },
      { ...spots, target: { kind: 'value', width: 1 } },
      { ...spots, dtype: 'int32', features: new Int32Array(spots.features.length) },
    ];
    for (const each of bad) {
      expect(await codeOf(trainer.train({ parameters: start(), data: inMemory(each), seedKey: SEED_KEY }))).toBe(
        'ERR_DATA_MALFORMED',
      );
    }
  });

  test('says so when training diverges', async () => {
    const wild = recipe({ optimiser: { name: 'sgd', learningRate: 100, momentum: 0.99 }, epochs: 200 });
    const other = await createTrainer({ model: MODEL, recipe: { ...wild, proximal: 100 } });
    expect(await codeOf(other.train({ parameters: start(), data, seedKey: SEED_KEY }))).toBe('ERR_TRAINING_DIVERGED');
    await other.close();
  });

  test('refuses a model it cannot train, and leaves no worker behind', async () => {
    expect(await codeOf(createTrainer({ model: new Uint8Array([1, 2, 3]), recipe: recipe() }))).toBe(
      'ERR_MODEL_MALFORMED',
    );
  });

  test('fails what is asked of it after it was closed, which may happen twice', async () => {
    const other = await createTrainer({ model: MODEL, recipe: recipe() });
    const last = other.train({ parameters: start(), data, seedKey: SEED_KEY });
    await Promise.all([other.close(), other.close()]);
    expect((await last).steps).toBe(16);
    expect(await codeOf(other.evaluate({ parameters: start(), data }))).toBe('ERR_TRAINER_FAILED');
  });

  test('leaves the event loop free while it trains', async () => {
    const other = await createTrainer({ model: MODEL, recipe: recipe({ epochs: 300, stepsPerRun: 1000 }) });
    const ended = { training: false };
    const training = other
      .train({ parameters: start(), data, seedKey: SEED_KEY })
      .finally(() => (ended.training = true));
    let turns = 0;
    while (!ended.training) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect((await training).steps).toBe(2400);
    expect(turns).toBeGreaterThan(50);
    await other.close();
  });
});
