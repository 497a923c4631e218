// What robust rules promise, and for how many malicious updates of how many.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../../test/support/refusal.ts';
import { ruleIssues } from '../rules.ts';
import { aggregate, drawn, scalars } from '../../../../test/support/aggregate-rows.ts';
import { permutation } from './before.ts';
import { heldProblem, PAIRS_MAX } from './held.ts';
import { maliciousOf, subsetsOf } from './malicious.ts';
import { groupingNetwork, sortingNetwork } from './sorting-network.ts';

describe.each(['median', 'trimmed-mean', 'meamed'])('%s', (name) => {
  test('takes each parameter by itself', () => {
    const rows = drawn(9, 40, 11);
    const order = permutation('parameters', 40);
    const straight = aggregate(name, { maliciousPercent: 20 }, rows);
    const permuted = rows.map((row) => order.map((i) => row[i]!));
    expect(aggregate(name, { maliciousPercent: 20 }, permuted)).toEqual(order.map((i) => straight[i]));
  });

  test('is not moved out of the honest values’ range by f wild ones', () => {
    const honest = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 6, maxLength: 6 });
    const wild = fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(honest, wild, (good, bad) => {
        const [value] = aggregate(name, { maliciousPercent: 25 }, scalars(...good, ...bad));
        // what is near a median may be wild, but no further from it than the honest values are
        const reach = name === 'meamed' ? Math.max(...good) - Math.min(...good) : 0;
        expect(value).toBeGreaterThanOrEqual(Math.min(...good) - reach);
        expect(value).toBeLessThanOrEqual(Math.max(...good) + reach);
      }),
    );
  });
});

describe('how many may be malicious', () => {
  test('is the share of n rounded up, exactly', () => {
    expect([0, 1, 5, 10, 100].map((n) => maliciousOf(20, n))).toEqual([0, 1, 1, 2, 20]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 49 }), fc.integer({ min: 1, max: 100_000 }), (percent, n) => {
        const f = maliciousOf(percent, n);
        expect(100 * f).toBeGreaterThanOrEqual(percent * n);
        expect(100 * (f - 1)).toBeLessThan(percent * n);
      }),
    );
  });

  test.each([
    ['median', 49, 1, 'median needs n ≥ 2f + 1'],
    ['krum', 20, 4, 'krum needs n ≥ 2f + 3'],
    ['multi-krum', 49, 60, 'multi-krum needs n ≥ 2f + 3'],
    ['bulyan', 20, 10, 'bulyan needs n ≥ 4f + 3'],
    ['mda', 40, 60, 'mda needs at most 1000000 subsets'],
  ])('%s refuses terms with %i %% of %i updates', (name, percent, n, problem) => {
    const [issue, ...more] = ruleIssues({ name, options: { maliciousPercent: percent } }, n, n + 10);
    expect(more).toEqual([]);
    expect(issue?.field).toBe('rule');
    expect(issue?.problem).toContain(problem);
  });

  test('is asked for every number of updates from the least on', () => {
    const issues = (name: string, options: object, from: number, to: number): unknown[] =>
      ruleIssues({ name, options: { ...options } }, from, to);
    expect(issues('median', { maliciousPercent: 34 }, 1, 8)).toMatchObject([
      { problem: expect.stringMatching(/of 1$/) },
    ]);
    expect(issues('median', { maliciousPercent: 33 }, 5, 8)).toEqual([]);
    expect(issues('multi-krum', { keep: 9 }, 8, 20)).toMatchObject([{ field: 'rule' }]);
    expect(issues('multi-krum', { keep: 9 }, 9, 20)).toEqual([]);
    expect(issues('krum', { neighbours: 'n-f-1' }, 4, 20)).toEqual([]);
    expect(issues('krum', {}, 20, PAIRS_MAX + 1)).toMatchObject([{ field: 'rule' }]);
    expect(issues('norm-clipping', { norm: 1, before: ['arc'], maliciousPercent: 49 }, 2, 9)).toHaveLength(1);
    expect(issues('norm-clipping', { norm: 1, maliciousPercent: 49 }, 2, 9)).toEqual([]);
    expect(issues('fed-avg', {}, 1, 9)).toEqual([]);
    expect(issues('fltrust', {}, 1, 9)).toEqual([]);
    expect(issues('toString', {}, 1, 9)).toMatchObject([{ field: 'rule.name' }]);
  });

  test('is asked again when updates are aggregated', () => {
    expect(refusal(() => aggregate('krum', {}, scalars(1, 2, 3)))).toMatchObject({
      code: 'ERR_RULE_BOUND',
      details: { rule: 'krum', problem: expect.stringContaining('n ≥ 2f + 3') },
    });
  });

  test('stays as many of buckets, which are fewer: each may spoil one', () => {
    const options = { maliciousPercent: 10, before: ['bucketing'] as const, bucketSize: 2 };
    const bound = (n: number, f: number): string => `${n}, ${f}`;
    expect(heldProblem({ bound, pairwise: false }, options, 21)).toBe('11, 3');
  });

  test('makes subsets that are counted exactly up to the limit', () => {
    expect([subsetsOf(5, 2), subsetsOf(20, 3), subsetsOf(10, 0)]).toEqual([10, 1140, 1]);
    expect(subsetsOf(1000, 400)).toBeGreaterThan(1_000_000);
  });
});

test('of a single update, a median is that update', () => {
  expect(aggregate('median', { maliciousPercent: 0 }, scalars(5))).toEqual([5]);
});

/** Every sequence of n values that are 0 or 1: what a network does with these it does with any (Knuth, 5.3.4, theorem Z). */
const zerosAndOnes = (n: number): number[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_each, i) => (bits >> i) & 1));

function compared(network: Int32Array, values: readonly number[]): number[] {
  const after = [...values];
  for (let at = 0; at < network.length; at += 2) {
    const [a, b] = [network[at]!, network[at + 1]!];
    if (after[a]! > after[b]!) [after[a], after[b]] = [after[b]!, after[a]!];
  }
  return after;
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('a sorting network sorts: every sequence of %i zeros and ones', (n) => {
  const network = sortingNetwork(n);
  for (const values of zerosAndOnes(n)) expect(compared(network, values).join('')).toBe(values.sort().join(''));
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'a grouping network tells groups apart: every sequence of %i zeros and ones',
  (n) => {
    const bounds = Array.from({ length: n + 1 }, (_, i) => i);
    for (const [first, end] of bounds.flatMap((a) => bounds.slice(a).map((b) => [a, b] as const))) {
      const network = groupingNetwork(n, (i) => Number(i >= first) + Number(i >= end));
      const ones = (values: readonly number[]): number[] =>
        [values.slice(0, first), values.slice(first, end), values.slice(end)].map(
          (group) => group.filter(Boolean).length,
        );
      for (const values of zerosAndOnes(n)) expect(ones(compared(network, values))).toEqual(ones([...values].sort()));
    }
    // of one group nothing need be compared
    expect(groupingNetwork(n, () => 0)).toHaveLength(0);
  },
);
