// Quotas: what is taken, what is refused, and whose share it was.

import { describe, expect, test } from '@jest/globals';
import { Quota } from './quota.ts';

const quota = (): Quota => new Quota('the list of things', { total: 3, perClient: 2 }, 5);

describe('a quota', () => {
  test('refuses a client beyond its share, and lets others have theirs', () => {
    const things = quota();
    things.take('flooder', 2);
    expect(() => things.take('flooder')).toThrow(
      expect.objectContaining({
        code: 'ERR_OVERLOADED',
        details: { queue: "this client's share of the list of things", limit: 2, retryAfterSeconds: 5 },
      }),
    );
    expect(() => things.take('other')).not.toThrow();
  });

  test('refuses everybody beyond the total', () => {
    const things = quota();
    things.take('one', 2);
    things.take('two');
    expect(() => things.take('three')).toThrow(
      expect.objectContaining({ details: { queue: 'the list of things', limit: 3, retryAfterSeconds: 5 } }),
    );
  });

  test('takes back once what it gave', () => {
    const things = quota();
    const give = things.take('one', 2);
    things.take('two');
    give();
    give();
    expect(things.taken).toBe(1);
    expect(() => things.take('one', 2)).not.toThrow();
  });

  test('takes nothing where it refuses', () => {
    const things = quota();
    things.take('one');
    expect(() => things.take('one', 2)).toThrow('share');
    expect(things.taken).toBe(1);
  });
});
