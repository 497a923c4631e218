// Optimisers, weight decay, clipping and schedules against five steps of PyTorch's own.
import { describe, expect, test } from '@jest/globals';
import { furthestOff, loadSteps, takeSteps, type StepVectors } from '../../../../test/support/train-vectors.ts';
import { parseRecipe } from '../recipe.ts';
import { tensor } from '../session.ts';
import type { TrainStepOptions } from '../train-step.ts';

interface Case {
  readonly title: string;
  readonly recipe: object;
  readonly losses: number[];
  readonly parameters: Record<string, number[]>;
}

const VECTORS = loadSteps('optimisers') as StepVectors<Case>;
/** PyTorch rounds in another order: a few units in the last place of values near 1, a little more where Adam divides. */
const TOLERANCE = 2e-6;

function optionsOf(given: object, change: object = {}): TrainStepOptions {
  const rest = { v: 1, loss: 'cross-entropy', proximal: 0, epochs: 1, batchSize: VECTORS.batch, stepsPerRun: 5 };
  return parseRecipe({ ...rest, ...given, ...change });
}

const labels = tensor(Int32Array.from(VECTORS.labels), [VECTORS.labels.length]);

describe('optimisers', () => {
  test.each(VECTORS.cases.map((each) => [each.title, each] as const))("%s: PyTorch's parameters", async (_, each) => {
    const stepped = await takeSteps(VECTORS, optionsOf(each.recipe), labels);
    expect(furthestOff(stepped, each)).toBeLessThan(TOLERANCE);
  });

  test.each(['nesterov decay clip-norm', 'adamw decay', 'rmsprop-centred', 'sgd schedule cosine'])(
    '%s: one step a call comes to the same as five',
    async (title) => {
      const each = VECTORS.cases.find((one) => one.title === title)!;
      const single = await takeSteps(VECTORS, optionsOf(each.recipe, { stepsPerRun: 1 }), labels);
      expect(furthestOff(single, each)).toBeLessThan(TOLERANCE);
    },
  );

  test("FedProx's term is part of the gradient that is clipped and averaged", async () => {
    const still = { optimiser: { name: 'adam', learningRate: 0.05 }, clip: { norm: 0.3 } };
    const [free, held] = [
      await takeSteps(VECTORS, optionsOf(still), labels),
      await takeSteps(VECTORS, optionsOf(still, { proximal: 10 }), labels),
    ];
    const way = ({ parameters }: typeof free): number =>
      VECTORS.start['dense1.weight']!.reduce(
        (sum, value, i) => sum + (parameters['dense1.weight']![i]! - value) ** 2,
        0,
      );
    expect(way(held)).toBeLessThan(way(free));
  });
});
