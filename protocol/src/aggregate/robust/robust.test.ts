// The robust rules: against published vectors and slow arithmetic; the same bits in any order, chunk and kernel.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../../test/support/refusal.ts';
import { createAggregator, describeRule, RULES, ruleIssues } from '../rules.ts';
import { BEFORE, permutation } from './before.ts';
import { aggregate, drawn, FORMAT, scalars, type Options } from '../../../../test/support/aggregate-rows.ts';
import { HELD_MAX } from './held.ts';

const ROBUST = RULES.filter((name) => !name.startsWith('fed-') && name !== 'scaffold');
const THREE = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
];
/** f = 1 of three. */
const ONE_OF_THREE = { maliciousPercent: 33 };

describe('vectors of byzfl’s documentation', () => {
  test.each([
    ['median', {}, [4, 5, 6]],
    ['trimmed-mean', {}, [4, 5, 6]],
    ['centred-clipping', {}, [4, 5, 6]],
    ['mda', {}, [2.5, 3.5, 4.5]],
    ['meamed', {}, [2.5, 3.5, 4.5]],
  ])('%s', (name, options, expected) => {
    expect(aggregate(name, { ...ONE_OF_THREE, ...options }, THREE)).toEqual(expected);
  });

  // byzfl takes n = 2f + 1 too, where every update has one neighbour; one far away gives the same choice among n = 2f + 2
  test('krum and multi-krum, with one update more than byzfl takes', () => {
    const options = { maliciousPercent: 25, neighbours: 'n-f-1', score: 'mean' };
    const rows = [...THREE, [1000, 1000, 1000]];
    expect(aggregate('krum', options, rows)).toEqual([4, 5, 6]);
    expect(aggregate('multi-krum', { ...options, keep: 2 }, rows)).toEqual([2.5, 3.5, 4.5]);
  });

  test('nnm', () => {
    expect(aggregate('median', { ...ONE_OF_THREE, before: ['nnm'] }, THREE)).toEqual([2.5, 3.5, 4.5]);
  });

  test('clipping to a length of 2', () => {
    const made = aggregate('norm-clipping', { norm: 2 }, [[1, 2, 3]]);
    [0.53452248, 1.06904497, 1.60356745].forEach((value, i) => expect(made[i]).toBeCloseTo(value, 7));
  });
});

describe('vectors of Flower’s tests', () => {
  test('trimmed mean', () => {
    const rows = [
      [0.5, 0.5, 0.5, 0.5],
      [1, 0.2, 0.5, 1],
      [0.2, 0.5, 1, 0.2],
      [0.5, 1, 0.2, 0.5],
    ];
    expect(aggregate('trimmed-mean', { maliciousPercent: 25 }, rows)).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(aggregate('trimmed-mean', { maliciousPercent: 25 }, scalars(0.5, 1, 2, 100))).toEqual([1.5]);
  });

  test('median', () => {
    expect(aggregate('median', {}, scalars(0.2, 1, 0.5))).toEqual([0.5]);
  });

  test('the values nearest to a centre', () => {
    expect(aggregate('meamed', ONE_OF_THREE, scalars(1, 2, 0.5))).toEqual([0.75]);
  });
});

describe('rules that look for a centre', () => {
  test('geometric median takes smoothed Weiszfeld steps from 0', () => {
    const rows = drawn(7, 20, 3);
    let z = new Array<number>(20).fill(0);
    for (let step = 0; step < 3; step++) {
      const weights = rows.map((x) => 1 / Math.max(0.1, Math.hypot(...x.map((value, i) => value - z[i]!))));
      const sum = weights.reduce((a, b) => a + b);
      z = z.map((_, i) => rows.reduce((total, x, k) => total + weights[k]! * x[i]!, 0) / sum);
    }
    const made = aggregate('geometric-median', { maliciousPercent: 20 }, rows);
    made.forEach((value, i) => expect(Math.abs(value - z[i]!)).toBeLessThan(1e-4));
  });

  test('centred clipping lets nobody move the centre further than tau, and goes on from where a step came to', () => {
    const rows = scalars(1, 1, 1000);
    expect(aggregate('centred-clipping', { ...ONE_OF_THREE, tau: 3 }, rows)[0]).toBeCloseTo(5 / 3, 6);
    const twice = aggregate('centred-clipping', { ...ONE_OF_THREE, tau: 3, iterations: 2 }, rows)[0];
    expect(twice).toBeCloseTo(5 / 3 + (2 * (1 - 5 / 3) + 3) / 3, 6);
  });

  test('norm clipping cuts to the median length where none is given', () => {
    expect(aggregate('norm-clipping', ONE_OF_THREE, scalars(1, 2, 900))).toEqual([Math.fround(5 / 3)]);
    expect(aggregate('norm-clipping', { maliciousPercent: 25 }, scalars(1, 2, 4, 900))).toEqual([9 / 4]);
  });
});

test('bulyan keeps the n − 4f values nearest to the median of the n − 2f rows that Krum finds', () => {
  // f = 1 of seven: Krum counts four neighbours, then three, two, …: 4, 3, 5, 2, 1; of these the three around 3
  const rows = scalars(1, 2, 3, 4, 5, 6, 1000);
  expect(aggregate('bulyan', { maliciousPercent: 14 }, rows)).toEqual([3]);
});

describe('fltrust', () => {
  const root = Int32Array.of(65536, 0);
  const rows = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [3, 4],
  ];

  test('trusts by direction and cuts to the root update’s length', () => {
    for (const kernels of ['simd', 'plain'] as const) {
      const [first, second] = aggregate('fltrust', {}, rows, { root, kernels });
      expect(first).toBeCloseTo(0.85, 7);
      expect(second).toBeCloseTo(0.3, 7);
    }
  });

  test('changes nothing where nobody is trusted, and nothing by updates that are 0', () => {
    expect(aggregate('fltrust', {}, [[-1, 0]], { root })).toEqual([0, 0]);
    expect(
      aggregate(
        'fltrust',
        {},
        [
          [0, 0],
          [2, 0],
        ],
        { root },
      ),
    ).toEqual([1, 0]);
  });

  test('without a root update is a mistake of the programmer', () => {
    expect(() => aggregate('fltrust', {}, rows, { root: undefined })).toThrow(TypeError);
  });
});

describe('before a rule', () => {
  test('arc cuts the longest to the longest of the others', () => {
    // f = 1 of 4: ⌊2 · 1 / 4 · 3⌋ = 1 row
    const options = { maliciousPercent: 25, before: ['arc'], norm: 1e6 };
    expect(aggregate('norm-clipping', options, scalars(1, 2, 3, 400))).toEqual([9 / 4]);
  });

  test('bucketing averages as the draws of job and round say', () => {
    const options = { maliciousPercent: 0, before: ['bucketing'], bucketSize: 2 };
    const rows = scalars(1, 2, 4, 8, 16);
    const [a, b, c, d, e] = permutation('1:1', 5).map((i) => rows[i]![0]!);
    const buckets = [(a! + b!) / 2, (c! + d!) / 2, e!].sort((x, y) => x - y);
    expect(aggregate('median', options, rows, { draws: '1:1' })).toEqual([buckets[1]]);
  });

  test('draws differ by job and round', () => {
    expect(permutation('1:1', 30)).not.toEqual(permutation('1:2', 30));
    expect(permutation('1:1', 30).sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });
});

describe.each(ROBUST)('%s', (name) => {
  const rows = drawn(11, 1300, 7);
  const options = { maliciousPercent: 10 };
  const backwards = [...rows.keys()].reverse();

  test('has the same bits in any order, chunk and kernel', () => {
    const share = name === 'bulyan' ? { maliciousPercent: 9 } : options;
    const expected = aggregate(name, share, rows);
    expect(aggregate(name, share, rows, { kernels: 'plain', blocksAtOnce: 1 })).toEqual(expected);
    expect(aggregate(name, share, rows, { order: backwards, blocksAtOnce: 2 })).toEqual(expected);
  });

  test.each(BEFORE)('after %s has the same bits in any order, chunk and kernel', (before) => {
    // buckets are half as many, and each malicious update may be in another
    const share = before === 'bucketing' ? { maliciousPercent: 0 } : { maliciousPercent: 9 };
    const both = { ...share, before: [before] };
    const some = rows.map((row) => row.slice(0, 600));
    const expected = aggregate(name, both, some, { draws: '5:2' });
    const other = { kernels: 'plain', blocksAtOnce: 1, order: backwards, draws: '5:2' } as const;
    expect(aggregate(name, both, some, other)).toEqual(expected);
  });

  test('of equal updates is that update, up to the last bits', () => {
    const made = aggregate(name, options, new Array<number[]>(7).fill([1, -2, 0.5]));
    [1, -2, 0.5].forEach((value, i) => expect(made[i]).toBeCloseTo(value, 6));
  });

  test('tells its options and what it takes for granted', () => {
    const { options: told, assumes, schema } = describeRule(name);
    expect(assumes).toMatch(/n ≥/);
    expect(told.map((option) => option.name)).toEqual(expect.arrayContaining(['maliciousPercent', 'before']));
    expect(told.filter(({ about }) => about === '')).toEqual([]);
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
  });

  test('refuses options that it does not take', () => {
    const fields = (given: Options): string[] => ruleIssues({ name, options: given }, 50, 50).map(({ field }) => field);
    expect(fields({ maliciousPercent: 1 })).toEqual([]);
    expect(fields({ maliciousPercent: 50 })).toEqual(['rule.options.maliciousPercent']);
    expect(fields({ before: ['nnm', 'nnm'] })).toEqual(['rule.options.before']);
    expect(fields({ before: ['dice'] })).toEqual(['rule.options.before.0']);
    expect(fields({ surprise: 1 })).toEqual(['rule.options']);
    const surroundings = { parameters: 1, fixedPoint: FORMAT };
    const unknown = { name, options: { f: 1 } };
    expect(refusal(() => createAggregator(unknown, surroundings)).code).toBe('ERR_DOCUMENT_INVALID');
  });

  test('refuses more updates than it takes', () => {
    const issues = ruleIssues({ name, options: { maliciousPercent: 0 } }, 10, HELD_MAX + 1);
    expect(issues).toMatchObject([{ field: 'rule' }]);
  });

  test('refuses a change out of range, does not count it, and makes nothing of nothing', () => {
    const aggregator = createAggregator({ name, options: {} }, { parameters: 1, fixedPoint: FORMAT });
    const change = Int32Array.of(2 ** 28);
    expect(refusal(() => aggregator.add({ by: 'a', examples: 1, change }))).toMatchObject({
      code: 'ERR_UPDATE_RANGE',
      details: { index: 0 },
    });
    expect(refusal(() => aggregator.finish(new Float32Array(1))).code).toBe('ERR_QUORUM_SHORT');
  });
});
