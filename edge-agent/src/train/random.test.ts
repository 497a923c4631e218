// The seeded generator: its stream against OpenSSL's, its integers, its shuffle.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { epochOrder, seededRandom } from './random.ts';

describe('seeded random', () => {
  test("gives the words of OpenSSL's AES-256-CTR under the SHA-256 of the labels", () => {
    // source: printf '["muster.random.v1",7,"job-1",3,"army.agent1","order",1]' | sha256sum, as -K of
    // head -c 48 /dev/zero | openssl enc -aes-256-ctr -K … -iv 0 | od -An -tu4
    const random = seededRandom(7, 'job-1', 3, 'army.agent1', 'order', 1);
    expect(Array.from({ length: 12 }, random.word)).toEqual([
      944493577, 3371628905, 4061597498, 2112737455, 275682243, 626136454, 120600507, 1147687909, 3951617815,
      2871084247, 4108858930, 3748828858,
    ]);
  });

  test('goes on beyond its first chunk as one stream', () => {
    const random = seededRandom('long');
    const words = Array.from({ length: 10_000 }, random.word);
    expect(new Set(words).size).toBeGreaterThan(9_990);
    const again = seededRandom('long');
    expect(Array.from({ length: 10_000 }, again.word)).toEqual(words);
  });

  test('tells labels of different kinds and cuts apart', () => {
    const first = [seededRandom('1'), seededRandom(1), seededRandom('a', 'b'), seededRandom('ab')].map(({ word }) =>
      word(),
    );
    expect(new Set(first).size).toBe(4);
  });

  test('draws every integer below a limit about equally often', () => {
    const { below } = seededRandom('even');
    const counts = Array<number>(6).fill(0);
    for (let i = 0; i < 60_000; i++) counts[below(6)]! += 1;
    // chi-squared with 5 degrees of freedom stays below 20.5 with probability 0.999
    const chi = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(20.5);
  });

  test('refuses a limit that is none', () => {
    const { below } = seededRandom('limit');
    for (const limit of [0, -1, 1.5, 2 ** 32 + 1]) expect(() => below(limit)).toThrow(TypeError);
    expect(below(1)).toBe(0);
  });

  test('draws uniform numbers of [0, 1) with mean one half', () => {
    const { uniform } = seededRandom('uniform');
    const draws = Array.from({ length: 20_000 }, uniform);
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...draws)).toBeLessThan(1);
    expect(draws.reduce((sum, draw) => sum + draw, 0) / draws.length).toBeCloseTo(0.5, 1);
  });

  test('orders each epoch as another permutation of all examples', () => {
    const key = fc.record({ seed: fc.integer(), job: fc.string(), round: fc.nat(), agent: fc.string() });
    fc.assert(
      fc.property(key, fc.integer({ min: 1, max: 200 }), (seedKey, examples) => {
        const order = epochOrder(seedKey, 1, examples);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: examples }, (_, index) => index));
        expect(epochOrder(seedKey, 1, examples)).toEqual(order);
      }),
    );
    const seedKey = { seed: 1, job: 'j', round: 1, agent: 'a' };
    expect(epochOrder(seedKey, 2, 50)).not.toEqual(epochOrder(seedKey, 1, 50));
    expect(epochOrder({ ...seedKey, agent: 'b' }, 1, 50)).not.toEqual(epochOrder(seedKey, 1, 50));
  });
});
