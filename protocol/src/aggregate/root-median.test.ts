// The median of root updates: what is in the middle of each value, of the trained parameters only, in any order.

import { expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { createRootMedian } from './root-median.ts';
import { createModelAggregator, type StateTerms } from './state.ts';

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const LAYOUT = [
  { name: 'conv', values: 2 },
  { name: 'mean', values: 1 },
  { name: 'fc', values: 1 },
];
const STATE: StateTerms = { rule: 'keep', tensors: ['mean'], nonNegative: [] };

function medianOf(rows: readonly (readonly number[])[], state?: StateTerms): number[] {
  const median = createRootMedian({ fixedPoint: FORMAT, state }, LAYOUT);
  for (const row of rows) median.add(Int32Array.from(row));
  median.finish();
  return [...median.root];
}

test('is the middle one of an odd number, value by value', () => {
  const rows = [
    [1, -5, 0, 7],
    [9, -4, 0, 7],
    [2, 500_000, 0, -7],
  ];
  expect(medianOf(rows)).toEqual([2, -4, 0, 7]);
  expect(medianOf(rows.toReversed())).toEqual([2, -4, 0, 7]);
});

test('is the mean of the two in the middle of an even number, halves up', () => {
  const rows = [
    [1, -1, 0, 1],
    [2, -2, 0, 1],
    [900, -900, 0, 1],
    [-900, 900, 0, 1],
  ];
  expect(medianOf(rows)).toEqual([2, -1, 0, 1]);
});

test('stays within the range of the others where fewer than half of them lie', () => {
  const honest = [
    [10, -10, 0, 3],
    [12, -9, 0, 3],
  ];
  for (const lie of [-(2 ** 19), 2 ** 19]) {
    medianOf([...honest, [lie, lie, lie, lie]]).forEach((value, i) => {
      const range = honest.map((row) => row[i]!);
      expect(value).toBeGreaterThanOrEqual(Math.min(...range));
      expect(value).toBeLessThanOrEqual(Math.max(...range));
    });
  }
});

test('leaves out what the state names, as the rule does', () => {
  expect(medianOf([[1, 2, 99, 4]], STATE)).toEqual([1, 2, 4]);
  const rule = { name: 'fltrust', options: { maliciousPercent: 0 } };
  const terms = { rule, fixedPoint: FORMAT, state: STATE };
  const median = createRootMedian(terms, LAYOUT);
  const aggregator = createModelAggregator(terms, LAYOUT, { root: median.root });
  const change = Int32Array.of(65_536, 0, 65_536, 0);
  median.add(change);
  median.finish();
  aggregator.add({ by: 'a', examples: 1, change });
  expect([...aggregator.finish(new Float32Array(4))]).toEqual([1, 0, 0, 0]);
});

test('refuses what is out of range, naming the tensor, and is not made of nothing', () => {
  const median = createRootMedian({ fixedPoint: FORMAT }, LAYOUT);
  expect(refusal(() => median.add(Int32Array.of(0, 0, 0, 2 ** 20)))).toMatchObject({
    code: 'ERR_UPDATE_RANGE',
    details: { tensor: 'fc', index: 0 },
  });
  expect(() => median.finish()).toThrow(TypeError);
});
