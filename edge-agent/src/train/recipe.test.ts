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

  test('says epochs or steps, and never both', () => {
    const rest = { ...GOOD, epochs: undefined };
    expect(parseRecipe({ ...rest, steps: 40 })).toEqual({ ...rest, steps: 40 });
    const both = expect.objectContaining({ details: { issues: [expect.objectContaining({ field: 'steps' })] } });
    expect(() => parseRecipe({ ...GOOD, steps: 40 })).toThrow(both);
    const neither = expect.objectContaining({
      details: { issues: [{ field: 'epochs', problem: 'is needed, or steps' }] },
    });
    expect(() => parseRecipe(rest)).toThrow(neither);
  });

  const schedule = { step: { name: 'constant' } };
  const adam = { name: 'adam', learningRate: 0.1 };
  test.each([
    ['optimiser', { optimiser: { ...GOOD.optimiser, momentum: 0.9 } }],
    ['optimiser', { optimiser: adam }],
    ['schedule', { schedule }],
    ['proximal', { proximal: 0.01 }],
    ['steps', { steps: undefined, epochs: 1 }],
    ['control', { control: 0 }],
    ['control', { control: 1.5 }],
  ])('with control variates is refused for its %s where that is %j', (field, wrong) => {
    const good = { ...GOOD, epochs: undefined, steps: 40, control: 1, clip: { norm: 1 } };
    expect(parseRecipe(good).control).toBe(1);
    const refused = refusal(() => parseRecipe({ ...good, ...wrong }));
    if (refused.code !== 'ERR_RECIPE_INVALID') throw refused;
    expect(refused.details.issues.map((issue) => issue.field)).toEqual([field]);
  });

  test.each([null, 'sgd', [], { ...GOOD, optimiser: { ...GOOD.optimiser, learningRate: NaN } }])(
    'refuses %p',
    (value) => {
      expect(() => parseRecipe(value)).toThrow(expect.objectContaining({ code: 'ERR_RECIPE_INVALID' }));
    },
  );
});
