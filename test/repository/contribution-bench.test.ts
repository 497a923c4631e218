// The bench of contribution: what its columns count.
import { describe, expect, test } from '@jest/globals';
import { below, reputationsAfter, toldApart, withLiar } from '../../bench/contribution/reputations.ts';
import type { ScoredRound } from '../../bench/contribution/score-round.ts';

const round: ScoredRound = {
  agents: ['a', 'b'],
  opinions: [
    { organisation: 'x', scores: [10, -5] },
    { organisation: 'y', scores: [8, -5] },
    { organisation: 'z', scores: [9, -5] },
  ],
  cpuSeconds: 0,
};
const after = (...rounds: readonly ScoredRound[]) => reputationsAfter(rounds, ['a', 'b', 'c'], () => 'other', 500_000);

describe('reputations of the bench', () => {
  test('move by the median of what was said, and down where an update was left out', () => {
    expect([...after(round)]).toEqual([
      ['a', 500_000],
      ['b', -277_778],
      ['c', -500_000],
    ]);
    expect(after(round, round).get('a')).toBe(750_000);
    expect(below(after(round), ['a', 'b', 'c'])).toBe(2);
  });

  test('tell apart as many pairs as have the honest one above, ties half', () => {
    expect(toldApart(after(round), new Set(['c']))).toBe(1);
    expect(toldApart(after(round), new Set(['a']))).toBe(0);
    expect(toldApart(new Map(Object.entries({ a: 1, b: 1 })), new Set(['a']))).toBe(0.5);
    expect(toldApart(after(round), new Set())).toBeNaN();
  });

  test('hold where one of three says the opposite, since the median is another’s', () => {
    const lied = withLiar(round, 'z');
    expect(lied.opinions[2]!.scores).toEqual([-9, 5]);
    expect(toldApart(after(lied), new Set(['b', 'c']))).toBe(1);
  });
});
