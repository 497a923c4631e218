// The attacks do what their papers say, on changes small enough to see.
import { describe, expect, test } from '@jest/globals';
import { seededRandom } from '../train/index.ts';
import { attacks, paperZ, type Sight } from './index.ts';

const honest = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
].map((row) => Float32Array.from(row));

function sight(more: Partial<Sight> = {}): Sight {
  const moved = Float32Array.of(0, 0, 0);
  const random = seededRandom('test');
  return { round: 2, updates: 5, malicious: 2, honest, copyable: honest, own: [], moved, random, ...more };
}
const made = (name: string, more: Partial<Sight> = {}): number[][] =>
  attacks[name]!.make(sight(more)).map((change) => [...change]);

describe('attacks', () => {
  test.each([
    ['sign-flip', [-4, -5, -6]],
    ['ipm', [-8, -10, -12]],
    ['alie-byzfl', [8.5, 9.5, 10.5]],
    ['zeros', [0, 0, 0]],
  ])('%s is byzfl’s of its documentation', (name, expected) => {
    expect(made(name)).toEqual([expected, expected]);
  });

  test('a little is enough takes the z of the paper’s formula', () => {
    expect(paperZ({ updates: 20, malicious: 4 })).toBeCloseTo(0.157, 3);
  });

  test('mimic copies one honest change, and scaling replaces the model', () => {
    const [first, second] = made('mimic');
    expect(first).toEqual(second);
    expect(honest.map((change) => [...change])).toContainEqual(first);
    const own = [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)];
    expect(made('scaling', { own })).toEqual([
      [2.5, 0, 0],
      [0, 2.5, 0],
    ]);
  });

  test('trim-targeted lies just beyond the honest range, on the wrong side', () => {
    for (const change of made('trim-targeted')) {
      change.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual((i + 1) / 2);
        expect(value).toBeLessThanOrEqual(i + 1);
      });
    }
  });

  test('krum-targeted turns against the honest direction', () => {
    for (const change of made('krum-targeted')) expect(Math.max(...change)).toBeLessThan(0);
  });
});
