// Data that does not fit in memory: the same bits as data that does, and never more of it at once than allowed.
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { memorySource, type ExampleSource } from '../data/index.ts';
import { exampleBytes } from '../data/source.ts';
import { Evaluator } from '../evaluate/index.ts';
import { mlp } from '../models/index.ts';
import { batchesOf, portions, wholeOf } from './feeding.ts';
import { initialParameters } from './graph/index.ts';
import { LocalTrainer } from './local-training.ts';
import { seededRandom } from './random.ts';
import { parseRecipe } from './recipe.ts';

const MODEL = mlp({ sizes: [8, 6, 3], seed: 1 });
const EXAMPLES = 203;
/** 8 features and a class */
const ROW = 36;

/** A source that has nothing in memory, and keeps account of what is read from it. */
class Accounted {
  /** the most examples that one read asked for */
  largest = 0;
  reads = 0;
  readonly source: ExampleSource;

  constructor(examples = EXAMPLES) {
    const random = seededRandom('feeding', examples);
    const targets = Int32Array.from({ length: examples }, () => random.below(3));
    const features = Float32Array.from({ length: examples * 8 }, (_, i) => {
      return random.uniform() + (i % 3 === targets[Math.floor(i / 8)] ? 1 : 0);
    });
    const target = { kind: 'class', classes: 3 } as const;
    const memory = memorySource({ shape: [8], dtype: 'float32', target, examples, features, targets });
    const { whole, ...rest } = memory;
    expect(whole?.features).toBe(features);
    this.source = {
      ...rest,
      read: (indices) => {
        this.reads++;
        this.largest = Math.max(this.largest, indices.length);
        return memory.read(indices);
      },
    };
  }
}

async function train(source: ExampleSource, stepsPerRun: number, dataBytes: number): Promise<[string[], number]> {
  const recipe = parseRecipe({
    v: 1,
    loss: 'cross-entropy',
    optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
    proximal: 0,
    epochs: 2,
    batchSize: 8,
    stepsPerRun,
  });
  const trainer = await LocalTrainer.open(MODEL, recipe, 1, dataBytes);
  const parameters = new Map(initialParameters(MODEL).map(({ name, data }) => [name, data.slice()]));
  const seedKey = { seed: 1, job: 'job', round: 1, agent: 'agent' };
  const result = await trainer.train({ parameters, data: source, seedKey });
  await trainer.close();
  const digests = Array.from(result.parameters.values(), ({ buffer, byteOffset, byteLength }) =>
    digestOf(new Uint8Array(buffer, byteOffset, byteLength)),
  );
  return [digests, result.loss];
}

describe('data larger than memory', () => {
  test('trains to the same bits as data that is held, whatever fits at once', async () => {
    const reference = await train(new Accounted().source, 4, EXAMPLES * ROW);
    for (const [stepsPerRun, dataBytes] of [
      [4, 1],
      [4, 20 * 8 * ROW],
      [4, 6 * 8 * ROW],
      [1, 7 * 8 * ROW],
    ] as const) {
      // prettier-ignore
      const accounted = new Accounted();
      const [digests, loss] = await train(accounted.source, stepsPerRun, dataBytes);
      expect(digests).toEqual(reference[0]);
      expect(loss).toBeCloseTo(reference[1], 6);
      expect(accounted.reads).toBeGreaterThan(2);
      // two portions at a time, each of whole batches, padding included
      expect(accounted.largest * ROW).toBeLessThanOrEqual(Math.max(dataBytes / 2, 8 * ROW));
    }
  });

  test('is read once where it fits, however often it is trained on', async () => {
    const accounted = new Accounted();
    await train(accounted.source, 4, EXAMPLES * ROW);
    await train(accounted.source, 4, EXAMPLES * ROW);
    expect(accounted.reads).toBe(1);
    expect(exampleBytes(accounted.source)).toBe(ROW);
  });

  test('is evaluated in portions, to the same result', async () => {
    const parameters = new Map(initialParameters(MODEL).map(({ name, data }) => [name, data]));
    const results = [];
    const accounted = new Accounted(1111);
    for (const bytes of [1111 * ROW, 600 * ROW, 1]) {
      const evaluator = await Evaluator.open(MODEL, { loss: 'cross-entropy' }, 1, bytes);
      const source = bytes === 1111 * ROW ? new Accounted(1111).source : accounted.source;
      results.push(await evaluator.evaluate(parameters, source));
      await evaluator.close();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(accounted.largest).toBe(500);
  });

  test('has portions that share the order of the epoch and hold no more than two at a time', async () => {
    const { source } = new Accounted(50);
    let unread = 0;
    const counting: ExampleSource = {
      ...source,
      read: (indices) => {
        unread++;
        return source.read(indices);
      },
    };
    const order = Int32Array.from({ length: 50 }, (_, i) => 49 - i);
    const steps: number[] = [];
    for await (const { runs } of portions(counting, order, { batchSize: 4, stepsPerRun: 2, bytes: 40 * ROW })) {
      expect(unread).toBeLessThanOrEqual(2);
      unread--;
      steps.push(...runs.map(({ step }) => step));
    }
    expect(steps).toEqual([0, 2, 4, 6, 8, 10, 12]);
  });

  test('tells a failure to read once it gets there, and tries again the next time', async () => {
    const { source } = new Accounted(20);
    let failing = true;
    const flaky: ExampleSource = {
      ...source,
      read: (indices) => (failing ? Promise.reject(new Error('disk')) : source.read(indices)),
    };
    const order = Int32Array.from({ length: 20 }, (_, i) => i);
    const feeding = { batchSize: 4, stepsPerRun: 1, bytes: ROW };
    await expect(portions(flaky, order, feeding).next()).rejects.toThrow('disk');
    await expect(wholeOf(flaky, 1e6)).rejects.toThrow('disk');
    await expect(batchesOf(flaky, 5, ROW).next()).rejects.toThrow('disk');
    failing = false;
    expect((await wholeOf(flaky, 1e6))?.targets).toHaveLength(20);
  });
});
