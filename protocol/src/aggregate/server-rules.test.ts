// Server optimisers against Flower's, and what they carry.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import type { Aggregator } from './aggregator.ts';
import { carriedBy, createAggregator, describeRule, ruleIssues, type RuleName } from './rules.ts';

interface Rounds {
  readonly rule: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly start: readonly number[];
  readonly rounds: readonly (readonly { readonly examples: number; readonly change: readonly number[] }[])[];
}

const FORMAT = { fractionBits: 16, magnitudeBits: 28 };
const OPTIMISERS = ['fed-avg-m', 'fed-adagrad', 'fed-adam', 'fed-yogi'] as const satisfies readonly RuleName[];
const of = (name: string, options: Record<string, unknown> = {}): { of: Record<string, unknown> } => ({
  of: { name, options },
});

/** An aggregator over one round of changes, which are numbers. */
function round(
  name: string,
  options: Readonly<Record<string, unknown>>,
  updates: Rounds['rounds'][number],
  carry?: readonly Float32Array[],
): Aggregator {
  const parameters = updates[0]!.change.length;
  const aggregator = createAggregator({ name, options }, { parameters, fixedPoint: FORMAT, carry });
  updates.forEach(({ examples, change }, i) => {
    aggregator.add({ by: `agent-${i}`, examples, change: Int32Array.from(change, (value) => value * 65536) });
  });
  return aggregator;
}

describe('a server optimiser', () => {
  const vectors = readVectors<Rounds, number[][]>('aggregate', 'flower');

  test.each(vectors.map((vector) => [vector.title, vector] as const))(
    '%s makes Flower’s models of three rounds, up to float32',
    (_title, { input, expect: expected }) => {
      let model: Float32Array = Float32Array.from(input.start);
      let carry: readonly Float32Array[] | undefined;
      input.rounds.forEach((updates, i) => {
        const aggregator = round(input.rule, input.options, updates, carry);
        model = aggregator.finish(model);
        ({ carry } = aggregator);
        expected![i]!.forEach((value, at) => expect(model[at]).toBeCloseTo(value, 6));
      });
    },
  );

  test.each(OPTIMISERS)('%s begins with zeros where nothing was carried yet', (name) => {
    const updates = [{ examples: 3, change: [0.5, -0.25] }];
    const zeros = carriedBy({ name, options: {} }).map(() => new Float32Array(2));
    const [first, second] = [round(name, {}, updates), round(name, {}, updates, zeros)];
    expect(first.finish(new Float32Array(2))).toEqual(second.finish(new Float32Array(2)));
    expect(first.carry).toEqual(second.carry);
  });

  test.each(OPTIMISERS)('%s makes its model of the base and of what it carries on, as they are rounded', (name) => {
    const options = { lr: 0.5, ...(name === 'fed-avg-m' ? {} : { tau: 0.01 }) };
    const aggregator = round(name, options, [{ examples: 3, change: [0.3125, -0.1875] }]);
    const model = aggregator.finish(Float32Array.of(1, 2));
    const [momentum, square] = aggregator.carry as [Float32Array, Float32Array?];
    const expected = [1, 2].map((base, i) => {
      const root = square === undefined ? 1 : Math.sqrt(square[i]!) + 0.01;
      return Math.fround(base + (0.5 * momentum[i]!) / root);
    });
    expect([...model]).toEqual(expected);
  });

  test('fed-avg-m of rate 1 without momentum is fed-avg', () => {
    const updates = [
      { examples: 1, change: [1, 2] },
      { examples: 3, change: [3, -4] },
    ];
    const [stepped, plain] = [round('fed-avg-m', { beta1: 0 }, updates), round('fed-avg', {}, updates)];
    expect(stepped.finish(new Float32Array(2))).toEqual(plain.finish(new Float32Array(2)));
  });

  test('steps along the rule that it is told, whose options and bounds hold, and carries for it too', () => {
    const rows = [1, 2, 300].map((value) => ({ examples: 1, change: [value] }));
    const along = of('median', { maliciousPercent: 33 });
    expect([...round('fed-avg-m', along, rows).finish(new Float32Array(1))]).toEqual([2]);
    const clipped = of('centred-clipping', { tau: 1 });
    expect(carriedBy({ name: 'fed-avg-m', options: clipped })).toEqual(['momentum', 'of.centre']);
    const aggregator = round('fed-avg-m', clipped, rows, [Float32Array.of(10), Float32Array.of(4)]);
    // around 4 the mean of −1, −1 and 1 is left; the momentum is 9 of the 10 that came
    expect([...aggregator.finish(new Float32Array(1))][0]).toBeCloseTo(9 + 4 - 1 / 3, 6);
    expect(aggregator.carry[1]![0]).toBeCloseTo(4 - 1 / 3, 6);
  });

  test.each([
    ['fed-adam', { lr: 0 }, 'rule.options.lr'],
    ['fed-adam', { beta2: 1 }, 'rule.options.beta2'],
    ['fed-avg-m', { tau: 0.1 }, 'rule.options'],
    ['fed-yogi', of('fed-adam'), 'rule.options.of.name'],
    ['fed-yogi', of('dice'), 'rule.options.of.name'],
    ['fed-yogi', of('median', { maliciousPercent: 50 }), 'rule.options.of.options.maliciousPercent'],
    ['fed-adagrad', of('krum', { maliciousPercent: 40 }), 'rule'],
  ])('%s with %j is refused for %s', (name, options, field) => {
    expect(ruleIssues({ name, options }, 5, 5)).toMatchObject([{ field }]);
  });

  test('is refused with less carried than there are parameters, and says what it takes', () => {
    expect(() => round('fed-adam', {}, [{ examples: 1, change: [1, 2] }], [new Float32Array(1)])).toThrow(TypeError);
    expect(describeRule('fed-adam').options.map(({ name }) => name)).toEqual(['lr', 'beta1', 'tau', 'beta2', 'of']);
    expect(refusal(() => carriedBy({ name: 'dice', options: {} })).code).toBe('ERR_RULE_UNKNOWN');
    expect(carriedBy({ name: 'median', options: {} })).toEqual([]);
  });
});
