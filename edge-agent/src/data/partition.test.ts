// Partitions: every example once, nobody empty, the same for the same seed, and of the shape their papers say.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { seededRandom } from '../train/random.ts';
import { exp, log } from './elementary.ts';
import { dirichlet, logGamma } from './gamma.ts';
import { parsePartition, partition, type Partition } from './partition.ts';

const kinds = fc.oneof(
  fc.constant<Partition>({ name: 'iid' }),
  fc.constant<Partition>({ name: 'shards' }),
  fc.double({ min: 0.001, max: 10_000, noNaN: true }).map((alpha): Partition => ({ name: 'dirichlet', alpha })),
);

/** Ten classes of 600 examples each. */
const LABELS = Int32Array.from({ length: 6000 }, (_, index) => (index * 7) % 10);

const mixtureOf = (part: Int32Array): number[] => {
  const counts = Array<number>(10).fill(0);
  for (const index of part) counts[LABELS[index]!]! += 1;
  return counts;
};

describe('partition', () => {
  test('gives every example to exactly one agent and none to nobody, the same for the same seed', () => {
    const labels = fc.array(fc.nat(9), { minLength: 16, maxLength: 200 });
    fc.assert(
      fc.property(kinds, labels, fc.integer({ min: 1, max: 8 }), fc.integer(), (kind, classes, agents, seed) => {
        const parts = partition(classes, { partition: kind, agents, seed });
        expect(parts.length).toBe(agents);
        expect(Math.min(...parts.map(({ length }) => length))).toBeGreaterThan(0);
        const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b);
        expect(all).toEqual(classes.map((_, index) => index));
        expect(partition(classes, { partition: kind, agents, seed })).toEqual(parts);
      }),
    );
  });

  test('iid gives each agent all classes evenly', () => {
    for (const part of partition(LABELS, { partition: { name: 'iid' }, agents: 8, seed: 1 })) {
      expect(part.length).toBe(750);
      for (const count of mixtureOf(part)) expect(Math.abs(count - 75)).toBeLessThan(35);
    }
  });

  test('shards gives each agent few classes', () => {
    // Two shards of a list sorted by label, each shorter than a class, touch at most four classes (McMahan et al. 2017).
    for (const part of partition(LABELS, { partition: { name: 'shards' }, agents: 10, seed: 1 })) {
      expect(mixtureOf(part).filter((count) => count > 0).length).toBeLessThanOrEqual(4);
    }
  });

  test('dirichlet is the more uneven the smaller alpha is', () => {
    const unevenness = (alpha: number): number =>
      partition(LABELS, { partition: { name: 'dirichlet', alpha }, agents: 8, seed: 1 })
        .flatMap(mixtureOf)
        .reduce((sum, count) => sum + (count - 75) ** 2, 0);
    const [small = 0, middle = 0, large = 0] = [0.1, 1, 100].map(unevenness);
    expect(small).toBeGreaterThan(2 * middle);
    expect(middle).toBeGreaterThan(2 * large);
  });

  test('other seeds give other partitions', () => {
    const at = (seed: number): Int32Array[] => partition(LABELS, { partition: { name: 'iid' }, agents: 3, seed });
    expect(at(1)).not.toEqual(at(2));
  });

  test('refuses more agents than can get something', () => {
    const { code } = refusal(() => partition([1, 2, 3], { partition: { name: 'shards' }, agents: 2, seed: 1 }));
    expect(code).toBe('ERR_PARTITION_INVALID');
    expect(() => partition([1], { partition: { name: 'iid' }, agents: 0, seed: 1 })).toThrow(TypeError);
  });
});

describe('the partition option', () => {
  test('is iid, shards or dirichlet with its alpha', () => {
    expect(parsePartition('iid')).toEqual({ name: 'iid' });
    expect(parsePartition('shards')).toEqual({ name: 'shards' });
    expect(parsePartition('dirichlet:0.5')).toEqual({ name: 'dirichlet', alpha: 0.5 });
  });

  test.each([
    '',
    'random',
    'iid:1',
    'dirichlet',
    'dirichlet:',
    'dirichlet:0',
    'dirichlet:-1',
    'dirichlet:1e9',
    'dirichlet:1:2',
  ])('refuses %p', (text) => {
    expect(refusal(() => parsePartition(text)).code).toBe('ERR_PARTITION_INVALID');
  });
});

describe('elementary functions and draws', () => {
  test('logarithm and exponential are right to the last digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(1e-15 * Math.max(1, Math.abs(Math.log(x))) * 4);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(5e-13);
      }),
    );
    expect([exp(-1000), exp(1000), log(1), exp(0)]).toEqual([0, Infinity, 0, 1]);
    expect(() => log(0)).toThrow(TypeError);
  });

  test.each([0.3, 1, 4.5])('gamma draws of shape %p have its mean and variance', (shape) => {
    const random = seededRandom('gamma', String(shape));
    const draws = Array.from({ length: 20_000 }, () => exp(logGamma(random, shape)));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean / shape - 1)).toBeLessThan(0.05);
    expect(Math.abs(variance / shape - 1)).toBeLessThan(0.1);
  });

  test('dirichlet draws sum to one, however small their concentrations', () => {
    const random = seededRandom('dirichlet');
    for (const alpha of [0.0001, 0.1, 1, 1000]) {
      const shares = dirichlet(random, Array<number>(10).fill(alpha));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
  });
});
