// What robust rules promise, and for how many malicious updates of how many.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../../test/support/refusal.ts';
import { ruleIssues } from '../rules.ts';
import { aggregate, drawn, scalars } from '../../../../test/support/aggregate-rows.ts';
import { permutation } from './before.ts';
import { heldProblem, PAIRS_MAX } from './held.ts';
import { maliciousOf, subsetsOf } from './malicious.ts';
import { sortingNetwork } from './sorting-network.ts';

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

test('a sorting network sorts: every sequence of 0 and 1 of up to ten values', () => {
  for (let n = 1; n <= 10; n++) {
    const network = sortingNetwork(n);
    for (let bits = 0; bits < 2 ** n; bits++) {
      const values = Array.from({ length: n }, (_, i) => (bits >> i) & 1);
      for (let at = 0; at < network.length; at += 2) {
        const [a, b] = [network[at]!, network[at + 1]!];
        if (values[a]! > values[b]!) [values[a], values[b]] = [values[b]!, values[a]!];
      }
      expect(values.join('')).toBe([...values].sort().join(''));
    }
  }
});
