// Every parser on its corpus and on some thousand inputs bent from it; `npm run bench -- fuzz` runs a hundred thousand each.

import { describe, expect, test } from '@jest/globals';
import { readCorpus } from './corpus.ts';
import { feed, fuzz, inputOf, minimise, type Target } from './fuzz.ts';
import { targets } from './targets.ts';

const CASES = 2000;
const SEED = 1;

describe.each(Object.entries<Target>(targets))('the parser of %s', (name, target) => {
  const corpus = readCorpus(name);

  test('accepts or refuses by code each of its corpus, and both occur', async () => {
    const outcomes = await Promise.all(
      corpus.map(async (entry) => ({ entry: entry.name, ...(await feed(target, entry.bytes)) })),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect(outcomes.some(({ outcome }) => outcome === 'accepted')).toBe(true);
  });

  test(`accepts or refuses by code ${CASES} inputs bent from it`, async () => {
    const inputs = corpus.map(({ bytes }) => bytes);
    const { failures, outcomes } = await fuzz(name, target, inputs, { seed: SEED, to: CASES });
    const told = failures.map(({ index, error, input }) => ({ index, error, input: input.toString('base64') }));
    expect(told).toEqual([]);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(CASES);
  }, 300_000);
});

describe('the fuzzer', () => {
  const corpus = [Buffer.from('{"a":[1,"two",null]}'), Buffer.from('[true]')];

  test('bends the same case in the same way, and others in other ways', () => {
    const bent = (index: number): string => inputOf('json', 'text', corpus, 1, index).toString('hex');
    const all = Array.from({ length: 200 }, (_, index) => bent(index));
    expect(Array.from({ length: 200 }, (_, index) => bent(index))).toEqual(all);
    expect(new Set(all).size).toBeGreaterThan(150);
  });

  test('finds what a parser trips over, and cuts it down to what matters', async () => {
    const tripping: Target = {
      kind: 'text',
      parse: (input) => {
        if (input.includes('tt')) throw new RangeError('tripped');
      },
    };
    const { failures } = await fuzz('tripping', tripping, [Buffer.from('"t","u","t"')], { seed: 1, to: 5000 });
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]!.error).toContain('tripped');
    expect((await minimise(tripping, failures[0]!.input)).toString()).toBe('tt');
  });
});
