// SCAFFOLD's server against the paper's algorithm word for word, and what holds of its control variate.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readVectors } from '../../../test/support/vectors.ts';
import type { Aggregator } from './aggregator.ts';
import { carriedBy, createAggregator, describeRule, ruleIssues } from './rules.ts';

interface Played {
  readonly input: { readonly start: readonly number[]; readonly steps: number; readonly localRate: number };
  readonly rounds: readonly {
    readonly changes: readonly (readonly number[])[];
    readonly model: readonly number[];
    readonly control: readonly number[];
  }[];
}

const FORMAT = { fractionBits: 24, magnitudeBits: 28 };
const SCALE = 2 ** FORMAT.fractionBits;
const NEEDED = { rate: 0.5, agents: 3 };

/** An aggregator over a round of changes, which are numbers. */
function round(
  options: Readonly<Record<string, unknown>>,
  changes: readonly (readonly number[])[],
  carry?: readonly Float32Array[],
  name = 'scaffold',
): Aggregator {
  const parameters = changes[0]!.length;
  const aggregator = createAggregator({ name, options }, { parameters, fixedPoint: FORMAT, carry });
  changes.forEach((change, i) => {
    const fixed = Int32Array.from(change, (value) => Math.round(value * SCALE));
    aggregator.add({ by: `agent-${i}`, examples: 4, change: fixed });
  });
  return aggregator;
}

const close = (actual: Float32Array, expected: readonly number[]): void =>
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));

describe('scaffold', () => {
  const [vector] = readVectors<Played['input'] & { readonly serverRate: number }, Played['rounds']>(
    'aggregate',
    'scaffold',
  );
  const { title, input, expect: rounds } = vector!;

  test(`makes the paper’s models and control variates of updates alone: ${title}`, () => {
    const options = { lr: input.serverRate, rate: input.steps * input.localRate, agents: 3 };
    let model: Float32Array = Float32Array.from(input.start);
    let carry: readonly Float32Array[] | undefined;
    for (const { changes, model: expected, control } of rounds!) {
      const aggregator = round(options, changes, carry);
      model = aggregator.finish(model);
      ({ carry } = aggregator);
      close(model, expected);
      close(carry[0]!, control);
    }
  });

  test('moves the model as the rule does that it steps along, times its own rate', () => {
    const change = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const base = new Float32Array(3);
        const plain = round({}, changes, undefined, 'fed-avg').finish(base);
        expect(round(NEEDED, changes).finish(base)).toEqual(plain);
        const half = round({ ...NEEDED, lr: 0.5 }, changes).finish(base);
        expect([...half]).toEqual([...plain].map((value) => value / 2));
      }),
    );
  });

  test('follows a round by the share of all agents whose updates counted, and by all of it where more came', () => {
    const carry = [Float32Array.of(1)];
    const control = (updates: number): number => {
      const aggregator = round({ rate: 0.5, agents: 4 }, new Array<number[]>(updates).fill([0.25]), carry);
      aggregator.finish(new Float32Array(1));
      return aggregator.carry[0]![0]!;
    };
    expect([1, 2, 4, 5].map(control)).toEqual([3 / 4 - 1 / 8, 1 / 2 - 1 / 4, -0.5, -0.5]);
  });

  test('is pulled no further by a liar than the rule is that it steps along', () => {
    const options = { ...NEEDED, of: { name: 'median', options: { maliciousPercent: 33 } } };
    const aggregator = round(options, [[0.125], [0.25], [15]]);
    expect([...aggregator.finish(new Float32Array(1)), ...aggregator.carry[0]!]).toEqual([0.25, -0.5]);
    const along = { ...NEEDED, of: { name: 'centred-clipping', options: {} } };
    expect(carriedBy({ name: 'scaffold', options: along })).toEqual(['control', 'of.centre']);
  });

  test('keeps what was put into it beyond the agents’ mean, or forgets it by the share of the correction that they leave away', () => {
    // four agents whose gradients are what they are wherever the model is; c begins with an excess of 1
    const gradients = [-3, -1, 1.5, 2.5];
    const excessAfter = (rounds: number, share: number): number => {
      let carry: readonly Float32Array[] = [Float32Array.of(1)];
      for (let i = 0; i < rounds; i++) {
        const changes = gradients.map((own) => [-0.5 * (own + share * (carry[0]![0]! - own))]);
        const aggregator = round({ rate: 0.5, agents: 4 }, changes, carry);
        aggregator.finish(new Float32Array(1));
        ({ carry } = aggregator);
      }
      return carry[0]![0]!;
    };
    expect(excessAfter(10, 1)).toBeCloseTo(1, 5);
    expect(excessAfter(10, 0.9)).toBeCloseTo(0.9 ** 10, 5);
  });

  test.each([
    [{ agents: 3 }, 'rule.options.rate'],
    [{ rate: 1 }, 'rule.options.agents'],
    [{ rate: 0, agents: 3 }, 'rule.options.rate'],
    [{ rate: 1, agents: 0 }, 'rule.options.agents'],
    [{ rate: 1, agents: 3, lr: 0 }, 'rule.options.lr'],
    [{ rate: 1, agents: 3, of: { name: 'scaffold' } }, 'rule.options.of.name'],
    [{ rate: 1, agents: 3, of: { name: 'krum', options: { maliciousPercent: 40 } } }, 'rule'],
  ])('with %j is refused for %s', (options, field) => {
    expect(ruleIssues({ name: 'scaffold', options }, 5, 5)).toMatchObject([{ field }]);
  });

  test('says what it takes', () => {
    expect(describeRule('scaffold').options.map(({ name }) => name)).toEqual(['lr', 'rate', 'agents', 'of']);
  });
});
