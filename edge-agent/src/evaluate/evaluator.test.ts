// Evaluation against figures worked out by hand, over batches that are not full.
import { describe, expect, test } from '@jest/globals';
import { memorySource, type ExampleSource } from '../data/index.ts';
import { initialParameters, mlp } from '../models/index.ts';
import { buildEvaluation } from './evaluation-graph.ts';
import { Evaluator } from './evaluator.ts';

/** One layer from 3 features to 3 classes that passes its input on: the scores are the features. */
const MODEL = mlp({ sizes: [3, 3], seed: 1 });
const RECIPE = { loss: 'cross-entropy' } as const;
const IDENTITY = new Map([
  ['dense1.weight', Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)],
  ['dense1.bias', new Float32Array(3)],
]);

function scored(rows: readonly (readonly [number, number, number])[], labels: readonly number[]): ExampleSource {
  const features = Float32Array.from(rows.flat());
  const target = { kind: 'class', classes: 3 } as const;
  const targets = Int32Array.from(labels);
  return memorySource({ shape: [3], dtype: 'float32', target, examples: labels.length, features, targets });
}

describe('evaluation', () => {
  test('tells loss, accuracy, recall and support of each class', async () => {
    const evaluator = await Evaluator.open(MODEL, RECIPE);
    const data = scored([[2, 0, 0], [0, 2, 0], [2, 0, 0], [0, 0, 0]], [0, 1, 1, 0]); // prettier-ignore
    const result = await evaluator.evaluate(IDENTITY, data);
    const right = Math.log(Math.E ** 2 + 2) - 2;
    const wrong = Math.log(Math.E ** 2 + 2);
    expect(result.loss).toBeCloseTo((2 * right + wrong + Math.log(3)) / 4, 6);
    // Of equal scores the first class counts, so the last example is recognised.
    expect(result).toMatchObject({ accuracy: 0.75, recall: [1, 0.5, 0], support: [2, 2, 0], examples: 4 });
    await evaluator.close();
  });

  test('counts every example once, however many there are', async () => {
    const evaluator = await Evaluator.open(MODEL, RECIPE);
    for (const examples of [1, 249, 250, 251, 777]) {
      const labels = Array.from({ length: examples }, (_, index) => index % 3);
      const rows = labels.map((label) => [label === 0 ? 1 : 0, label === 1 ? 1 : 0, label === 2 ? 0 : 0.5] as const);
      const result = await evaluator.evaluate(IDENTITY, scored(rows, labels));
      if (result.kind !== 'class') throw new TypeError(result.kind);
      expect(result.examples).toBe(examples);
      expect(result.support.reduce((sum, count) => sum + count, 0)).toBe(examples);
      const recognised = labels.filter((label) => label !== 2).length;
      expect(result.accuracy).toBeCloseTo(recognised / examples, 10);
    }
    await evaluator.close();
  });

  test('its graph is the same bytes for the same model', () => {
    expect(buildEvaluation(MODEL, { batchSize: 5, recipe: RECIPE })).toEqual(
      buildEvaluation(MODEL, { batchSize: 5, recipe: RECIPE }),
    );
    expect(buildEvaluation(MODEL, { batchSize: 6, recipe: RECIPE })).not.toEqual(
      buildEvaluation(MODEL, { batchSize: 5, recipe: RECIPE }),
    );
  });

  test('takes the initial parameters of the model it was opened with', async () => {
    const evaluator = await Evaluator.open(MODEL, RECIPE);
    const parameters = new Map(initialParameters(MODEL).map(({ name, data }) => [name, data]));
    const result = await evaluator.evaluate(parameters, scored([[1, 2, 3]], [2]));
    expect(result.loss).toBeGreaterThan(0);
    await evaluator.close();
  });
});
