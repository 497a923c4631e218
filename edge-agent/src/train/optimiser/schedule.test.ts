// Schedules as functions: within bounds, falling, joined where warm-up ends; and the arithmetic under them.
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../../test/support/refusal.ts';
import { seededRandom } from '../random.ts';
import { parseRecipe } from '../recipe.ts';
import { cosine, power } from './elementary.ts';
import { learningRateAt, ratesAt } from './plan.ts';
import { curveAt, scheduleFactor, type Curve } from './schedule.ts';

const random = seededRandom('schedules');
const whole = (limit: number): number => random.below(limit) + 1;

/** A curve of any kind, drawn at random. */
function anyCurve(): Curve {
  const warmUp = random.below(2) === 0 ? undefined : whole(50);
  const shared = warmUp === undefined ? {} : { warmUp };
  const factor = 1 - random.uniform() * 0.9;
  const length = random.below(2) === 0 ? {} : { length: whole(200) };
  const curves: Curve[] = [
    { name: 'constant', ...shared },
    { name: 'step', every: whole(40), factor, ...shared },
    { name: 'exponential', factor, ...shared },
    { name: 'cosine', floor: random.uniform(), ...length, ...shared },
  ];
  return curves[random.below(4)]!;
}

describe('schedules', () => {
  test('rise to the full rate while they warm up, then never rise again, and stay within 0 … 1', () => {
    for (let run = 0; run < 300; run++) {
      const curve = anyCurve();
      const { warmUp = 0 } = curve;
      const total = whole(300);
      const values = Array.from({ length: total }, (_, at) => curveAt(curve, at, total));
      const wrong = values.filter((value, at) => {
        const before = values[at - 1] ?? (at < warmUp ? 0 : 1);
        if (value < 0 || value > 1) return true;
        return at < warmUp ? value <= before : at > warmUp && value > before;
      });
      expect(wrong).toEqual([]);
      if (warmUp > 0 && total > warmUp) expect([values[warmUp - 1], values[warmUp]]).toEqual([1, 1]);
    }
  });

  test('a cosine ends at its floor and stays there, and without a length spans the run', () => {
    for (const length of [undefined, 40]) {
      const curve: Curve = { name: 'cosine', floor: 0.25, ...(length === undefined ? {} : { length }) };
      expect(curveAt(curve, 0, 40)).toBe(1);
      expect(curveAt(curve, 20, 40)).toBeCloseTo(0.625, 12);
      expect(curveAt(curve, 40, 40)).toBe(0.25);
      expect(curveAt(curve, 1000, 40)).toBe(0.25);
    }
  });

  test('factors over steps and rounds multiply', () => {
    const schedule = {
      step: { name: 'step', every: 10, factor: 0.5 },
      round: { name: 'exponential', factor: 0.9 },
    } as const;
    expect(scheduleFactor(schedule, { step: 25, steps: 30, round: 3 })).toBeCloseTo(0.25 * 0.9 ** 3, 12);
    expect(scheduleFactor(undefined, { step: 25, steps: 30, round: 3 })).toBe(1);
  });

  test("Adam's corrections are those of the step's number in the run", () => {
    const recipe = parseRecipe({
      ...{ v: 1, loss: 'cross-entropy', optimiser: { name: 'adamw', learningRate: 0.1 } },
      ...{ proximal: 0, epochs: 1, batchSize: 1, stepsPerRun: 1 },
    });
    const place = { step: 2, steps: 9, round: 4 };
    const [rate, root, left] = ratesAt(recipe, place);
    expect(rate).toBeCloseTo(0.1 / (1 - 0.9 ** 3), 12);
    expect(root).toBeCloseTo(1 / Math.sqrt(1 - 0.999 ** 3), 9);
    expect(left).toBeCloseTo(1 - 0.1 * 0.01, 12);
    expect(learningRateAt(recipe, place)).toBe(0.1);
  });

  test('powers and cosines are right to the last digits', () => {
    for (let run = 0; run < 500; run++) {
      const [base, exponent, share] = [random.uniform(), random.below(2000), random.uniform()];
      expect(Math.abs(power(base, exponent) - base ** exponent)).toBeLessThanOrEqual(1e-12 * base ** exponent + 1e-300);
      expect(Math.abs(cosine(share) - Math.cos(Math.PI * share))).toBeLessThan(1e-15);
    }
    expect([cosine(0), cosine(0.5), cosine(1)]).toEqual([1, 0, -1]);
    expect(() => cosine(1.1)).toThrow(TypeError);
    expect(() => power(2, 0.5)).toThrow(TypeError);
  });

  test.each([
    [{ schedule: {} }, ['schedule']],
    [{ schedule: { step: { name: 'step', every: 0, factor: 2 } } }, ['schedule.step.every', 'schedule.step.factor']],
    [{ schedule: { round: { name: 'cosine' } } }, ['schedule.round.length']],
    [{ clip: {} }, ['clip']],
    [{ clip: { norm: 0 } }, ['clip.norm']],
    [{ loss: 'hinge' }, ['loss']],
    [{ loss: { name: 'huber', delta: 0 } }, ['loss.delta']],
    [{ optimiser: { name: 'lion', learningRate: 1 } }, ['optimiser.name']],
    [{ optimiser: { name: 'adam', learningRate: 1, beta2: 1 } }, ['optimiser.beta2']],
    [
      { optimiser: { name: 'rmsprop', learningRate: 1, alpha: -1, epsilon: 0 } },
      ['optimiser.alpha', 'optimiser.epsilon'],
    ],
    [{ optimiser: { name: 'sgd', learningRate: 1, weightDecay: 11 } }, ['optimiser.weightDecay']],
  ])('the recipe refuses %j', (change, fields) => {
    const good = { v: 1, loss: 'cross-entropy', optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0 } };
    const rest = { proximal: 0, epochs: 1, batchSize: 10, stepsPerRun: 1 };
    const error = refusal(() => parseRecipe({ ...good, ...rest, ...change }));
    if (error.code !== 'ERR_RECIPE_INVALID') throw error;
    expect(error.details.issues.map(({ field }) => field).sort()).toEqual(fields);
  });
});
