// FedAvg: against slow exact arithmetic, bit for bit, in any order.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import type { Contribution } from './aggregator.ts';
import type { KernelKind } from './kernels/kernels.ts';
import { createAggregator, describeRule, RULES } from './rules.ts';

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const RULE = { name: 'fed-avg', options: {} };

function aggregate(
  contributions: readonly Contribution[],
  base: Float32Array,
  rule = RULE,
  kernels?: KernelKind,
): Float32Array {
  const aggregator = createAggregator(rule, { parameters: base.length, fixedPoint: FORMAT, kernels });
  contributions.forEach((contribution) => aggregator.add(contribution));
  return aggregator.finish(base);
}

/** The same, with sums in integers of any size: slow and obvious. */
function obvious(contributions: readonly Contribution[], base: Float32Array): Float32Array {
  const examples = contributions.reduce((sum, c) => sum + BigInt(c.examples), 0n);
  return base.map((value, i) => {
    const sum = contributions.reduce((total, c) => total + BigInt(c.examples) * BigInt(c.change[i]!), 0n);
    return value + Number(sum) / Number(examples) / 65536;
  });
}

const contribution = fc.record({
  by: fc.constant('navy/ship'),
  examples: fc.integer({ min: 1, max: 100_000 }),
  change: fc
    .array(fc.integer({ min: -(2 ** 20) + 1, max: 2 ** 20 - 1 }), { minLength: 3, maxLength: 3 })
    .map((values) => Int32Array.from(values)),
});
const base3 = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 3, maxLength: 3 });

describe('FedAvg', () => {
  test('without an update that is taken out again is what it never had, and with it again what it was', () => {
    fc.assert(
      fc.property(fc.array(contribution, { minLength: 2, maxLength: 9 }), base3, (contributions, values) => {
        const base = Float32Array.from(values);
        const aggregator = createAggregator(RULE, { parameters: 3, fixedPoint: FORMAT });
        contributions.forEach((each) => aggregator.add(each));
        const whole = aggregator.finish(base);
        const [first, ...others] = contributions as [Contribution, ...Contribution[]];
        aggregator.remove!(first);
        expect(aggregator.finish(base)).toEqual(aggregate(others, base));
        aggregator.add(first);
        expect(aggregator.finish(base)).toEqual(whole);
      }),
    );
  });

  test('is the mean weighted by examples', () => {
    const change = (...values: number[]): Int32Array => Int32Array.from(values, (value) => value * 65536);
    const contributions = [
      { by: 'a', examples: 1, change: change(1, 0) },
      { by: 'b', examples: 3, change: change(5, -4) },
    ];
    expect([...aggregate(contributions, Float32Array.of(10, 20))]).toEqual([14, 17]);
  });

  test('has the bits of exact arithmetic, in every order', () => {
    const list = fc.array(contribution, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(list, base3, fc.infiniteStream(fc.nat()), (contributions, values, draws) => {
        const base = Float32Array.from(values);
        const expected = obvious(contributions, base);
        const drawn = contributions.map((c) => ({ c, at: draws.next().value as number }));
        const shuffled = drawn.sort((a, b) => a.at - b.at).map(({ c }) => c);
        expect(aggregate(contributions, base)).toEqual(expected);
        expect(aggregate(shuffled, base, RULE, 'plain')).toEqual(expected);
      }),
    );
  });

  test('counts a change as it was when it was added: its memory may be used again', () => {
    const aggregator = createAggregator(RULE, { parameters: 1, fixedPoint: FORMAT });
    const change = Int32Array.of(0);
    for (let value = 1; value <= 6; value++) {
      change[0] = value * 65536;
      aggregator.add({ by: 'a', examples: 1, change });
    }
    expect([...aggregator.finish(Float32Array.of(0))]).toEqual([3.5]);
  });

  test('of one agent is that agent’s model', () => {
    const change = Int32Array.of(65536, -65536, 1);
    expect([...aggregate([{ by: 'a', examples: 7, change }], Float32Array.of(1, 1, 0))]).toEqual([2, 0, 2 ** -16]);
  });

  test.each(['simd', 'plain'] as const)('refuses a change out of range whole, and goes on (%s)', (kernels) => {
    const aggregator = createAggregator(RULE, { parameters: 5, fixedPoint: FORMAT, kernels });
    aggregator.add({ by: 'a', examples: 1, change: Int32Array.of(65536, 0, 0, 0, 65536) });
    for (const value of [2 ** 20, -(2 ** 20), -(2 ** 31)]) {
      const change = Int32Array.of(0, 0, 0, 0, value);
      expect(refusal(() => aggregator.add({ by: 'b', examples: 1, change }))).toMatchObject({
        code: 'ERR_UPDATE_RANGE',
        details: { tensor: 'change', index: 4, limit: 16 },
      });
    }
    expect([...aggregator.finish(new Float32Array(5))]).toEqual([1, 0, 0, 0, 1]);
  });

  test('of a model without parameters is that model', () => {
    const contributions = [{ by: 'a', examples: 1, change: new Int32Array(0) }];
    expect(aggregate(contributions, new Float32Array(0))).toHaveLength(0);
  });

  test('of nothing is refused', () => {
    expect(refusal(() => aggregate([], new Float32Array(1)))).toMatchObject({
      code: 'ERR_QUORUM_SHORT',
      details: { of: 'accepted updates', count: 0 },
    });
  });

  test('is refused where sums would not be exact', () => {
    const aggregator = createAggregator(RULE, { parameters: 1, fixedPoint: FORMAT });
    const change = Int32Array.of(1);
    aggregator.add({ by: 'a', examples: 2 ** 33 - 1, change });
    expect(refusal(() => aggregator.add({ by: 'b', examples: 1, change }))).toMatchObject({
      code: 'ERR_AGGREGATE_OVERFLOW',
      details: { bits: 54 },
    });
  });

  test('of other lengths is a mistake of the programmer', () => {
    const aggregator = createAggregator(RULE, { parameters: 2, fixedPoint: FORMAT });
    expect(() => aggregator.add({ by: 'a', examples: 1, change: Int32Array.of(1) })).toThrow(TypeError);
    expect(() => aggregator.finish(new Float32Array(3))).toThrow(TypeError);
  });
});

describe('the rules', () => {
  test('fed-prox aggregates as fed-avg does: its difference is the agents’ proximal term', () => {
    fc.assert(
      fc.property(fc.array(contribution, { minLength: 1, maxLength: 4 }), base3, (contributions, values) => {
        const base = Float32Array.from(values);
        expect(aggregate(contributions, base, { name: 'fed-prox', options: {} })).toEqual(
          aggregate(contributions, base),
        );
      }),
    );
  });

  test('are each described in a sentence that cites its paper', () => {
    for (const rule of RULES) expect(describeRule(rule).summary).toMatch(/ et al\. \d{4}/);
  });

  test('that are unknown are refused', () => {
    expect(
      refusal(() => createAggregator({ name: 'toString', options: {} }, { parameters: 1, fixedPoint: FORMAT })),
    ).toMatchObject({
      code: 'ERR_RULE_UNKNOWN',
      details: { rule: 'toString', known: RULES },
    });
  });
});
