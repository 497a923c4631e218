// A model's state under its own rule: apart from the parameters, and never a negative variance.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { quantise } from '../bytes/fixed-point.ts';
import type { Contribution } from './aggregator.ts';
import { createAggregator } from './rules.ts';
import { createModelAggregator, stateIssues, trainedOf, type StateTerms } from './state.ts';

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const RULE = { name: 'fed-avg', options: {} };
const LAYOUT = [
  { name: 'conv.weight', values: 2 },
  { name: 'bn.running_mean', values: 1 },
  { name: 'bn.running_var', values: 2 },
  { name: 'fc.weight', values: 1 },
];
const MEAN: StateTerms = {
  rule: 'mean',
  tensors: ['bn.running_mean', 'bn.running_var'],
  nonNegative: ['bn.running_var'],
};

function aggregated(state: StateTerms | undefined, base: Float32Array, contributions: Contribution[]): Float32Array {
  const aggregator = createModelAggregator({ rule: RULE, state, fixedPoint: FORMAT }, LAYOUT);
  contributions.forEach((contribution) => aggregator.add(contribution));
  return aggregator.finish(base);
}

const BASE = Float32Array.of(1, 2, 0.5, 1, 1, 3);
const step = (...values: number[]): Int32Array => Int32Array.from(values, (value) => value * 65536);

describe('state', () => {
  test('with rule mean is the mean weighted by examples, beside the parameters under the job’s rule', () => {
    const contributions = [
      { by: 'a', examples: 1, change: step(4, 0, 4, 0, 1, 0) },
      { by: 'b', examples: 3, change: step(0, 4, 0, 4, 1, -4) },
    ];
    expect([...aggregated(MEAN, BASE, contributions)]).toEqual([2, 5, 1.5, 4, 2, 0]);
  });

  test.each(['mean', 'keep'] as const)('with rule %s forgets an update that is taken out again', (rule) => {
    const contributions = [
      { by: 'a', examples: 1, change: step(4, 0, 4, 0, 1, 0) },
      { by: 'b', examples: 3, change: step(0, 4, 0, 4, 1, -4) },
    ];
    const state = { ...MEAN, rule };
    const aggregator = createModelAggregator({ rule: RULE, state, fixedPoint: FORMAT }, LAYOUT);
    contributions.forEach((contribution) => aggregator.add(contribution));
    aggregator.remove!(contributions[0]!);
    expect(aggregator.finish(BASE)).toEqual(aggregated(state, BASE, contributions.slice(1)));
    const median = { name: 'median', options: {} };
    expect(createModelAggregator({ rule: median, state, fixedPoint: FORMAT }, LAYOUT)).not.toHaveProperty('remove');
  });

  test('with rule keep stays what the base has, while parameters change', () => {
    const contributions = [{ by: 'a', examples: 1, change: step(4, 0, 4, 0, 1, 2) }];
    expect([...aggregated({ ...MEAN, rule: 'keep' }, BASE, contributions)]).toEqual([5, 2, 0.5, 1, 1, 5]);
  });

  test('is out of range, as parameters are, by the name of its tensor', () => {
    const change = (at: number): Int32Array => new Int32Array(6).fill(2 ** 20, at, at + 1);
    const details = { tensor: 'bn.running_var', index: 1 };
    for (const state of [MEAN, undefined]) {
      expect(refusal(() => aggregated(state, BASE, [{ by: 'a', examples: 1, change: change(4) }]))).toMatchObject({
        code: 'ERR_UPDATE_RANGE',
        details,
      });
    }
  });

  test('without terms of its own is aggregated as every other tensor is', () => {
    const change = step(1, 1, 1, 1, 1, 1);
    const plain = createAggregator(RULE, { parameters: 6, fixedPoint: FORMAT });
    plain.add({ by: 'a', examples: 2, change });
    expect(aggregated(undefined, BASE, [{ by: 'a', examples: 2, change }])).toEqual(plain.finish(BASE));
  });

  test('a variance below 0 becomes 0, a mean below 0 stays', () => {
    const contributions = [{ by: 'a', examples: 1, change: step(0, 0, -2, -4, 0, -8) }];
    expect([...aggregated(MEAN, BASE, contributions)]).toEqual([1, 2, -1.5, 0, 1, -5]);
  });

  test('variances of honest agents stay variances in fixed point, however they are rounded', () => {
    const variance = fc.float({ min: 0, max: 8, noNaN: true });
    const agents = fc.array(fc.tuple(variance, variance, fc.integer({ min: 1, max: 1000 })), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(variance, variance, agents, (first, second, drawn) => {
        const base = Float32Array.of(0, 0, 0, first, second, 0);
        const contributions = drawn.map(([one, two, examples], index) => {
          const local = Float32Array.of(0, 0, 0, one, two, 0);
          return { by: `agent${index}`, examples, change: quantise('model', local, base, FORMAT) };
        });
        const examples = drawn.reduce((sum, each) => sum + each[2], 0);
        const model = aggregated(MEAN, base, contributions);
        [0, 1].forEach((index) => {
          const mean = drawn.reduce((sum, each) => sum + (each[index] as number) * each[2], 0) / examples;
          expect(model[3 + index]).toBeGreaterThanOrEqual(0);
          expect(Math.abs((model[3 + index] as number) - mean)).toBeLessThan(2 ** -16);
        });
      }),
    );
  });

  test('is nothing that a rule carries anything of', () => {
    const rule = { name: 'fed-avg-m', options: { beta1: 0.5 } };
    const carry = [Float32Array.of(2, 4, 6)];
    const aggregator = createModelAggregator({ rule, state: MEAN, fixedPoint: FORMAT }, LAYOUT, { carry });
    aggregator.add({ by: 'a', examples: 1, change: step(1, 1, 4, 0, 1, 1) });
    expect([...aggregator.finish(BASE)]).toEqual([3, 5, 4.5, 1, 2, 7]);
    expect(aggregator.carry.map((values) => [...values])).toEqual([[2, 3, 4]]);
    expect(trainedOf({ state: MEAN }, LAYOUT).map(({ name }) => name)).toEqual(['conv.weight', 'fc.weight']);
    expect(trainedOf({}, LAYOUT)).toBe(LAYOUT);
  });

  test('that the model does not have is refused', () => {
    const state = { ...MEAN, tensors: ['bn.running_mean', 'elsewhere'] };
    expect(refusal(() => createModelAggregator({ rule: RULE, state, fixedPoint: FORMAT }, LAYOUT))).toMatchObject({
      code: 'ERR_UPDATE_LAYOUT',
      details: { reason: "the model has no tensor elsewhere, which the job's state names" },
    });
  });

  test('of other lengths is a mistake of the programmer', () => {
    const aggregator = createModelAggregator({ rule: RULE, state: MEAN, fixedPoint: FORMAT }, LAYOUT);
    expect(() => aggregator.add({ by: 'a', examples: 1, change: step(1) })).toThrow(TypeError);
    expect(() => aggregator.finish(new Float32Array(1))).toThrow(TypeError);
  });

  test.each<[string, StateTerms | undefined, string[]]>([
    ['none', undefined, []],
    ['sorted names', MEAN, []],
    ['names out of order', { ...MEAN, tensors: [...MEAN.tensors].reverse() }, ['state.tensors']],
    ['a name twice', { ...MEAN, nonNegative: ['bn.running_var', 'bn.running_var'] }, ['state.nonNegative']],
    ['a variance that is no state', { ...MEAN, nonNegative: ['fc.weight'] }, ['state.nonNegative']],
  ])('of terms: %s', (_title, state, fields) => {
    expect(stateIssues(state).map(({ field }) => field)).toEqual(fields);
  });
});
