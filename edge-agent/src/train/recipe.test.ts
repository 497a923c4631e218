// The recipe's reader.
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { parseRecipe } from './recipe.ts';

const GOOD = {
  v: 1,
  loss: 'cross-entropy',
  optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 },
  proximal: 0,
  epochs: 1,
  batchSize: 10,
  stepsPerRun: 100,
};

describe('recipe', () => {
  test('a good recipe is read as it is', () => {
    expect(parseRecipe(GOOD)).toEqual(GOOD);
  });

  test('all bad fields are named at once', () => {
    const bad = {
      ...GOOD,
      v: 2,
      optimiser: { name: 'sgd', learningRate: 0, momentum: 1 },
      epochs: 1.5,
      batchSize: 0,
      extra: true,
    };
    const error = refusal(() => parseRecipe(bad));
    if (error.code !== 'ERR_RECIPE_INVALID') throw error;
    const { issues } = error.details;
    const fields = issues.map(({ field }) => field).sort();
    expect(fields).toEqual(['(recipe)', 'batchSize', 'epochs', 'optimiser.learningRate', 'optimiser.momentum', 'v']);
  });

  test.each([null, 'sgd', [], { ...GOOD, optimiser: { ...GOOD.optimiser, learningRate: NaN } }])(
    'refuses %p',
    (value) => {
      expect(() => parseRecipe(value)).toThrow(expect.objectContaining({ code: 'ERR_RECIPE_INVALID' }));
    },
  );
});
