// What a person sees of scores and reputations.

import { expect, test } from '@jest/globals';
import { scoresTable } from './job-scores.ts';
import { reputationTable } from './reputation.ts';

const standing = { reputationMicro: 62_500, scoreMicro: 500_000, rounds: 1, round: 1 };

test('scores show each organisation’s word, the median and where it led, and why an update was left out', () => {
  const counted = { by: 'navy/ship-1', outcome: 'counted', medianMicro: 12_345, ...standing } as const;
  const left = { by: 'navy/ship-2', outcome: 'excluded', code: 'ERR_UPDATE_COPIED', ...standing } as const;
  const text = scoresTable(
    ['air', 'navy'],
    [
      { by: 'navy/ship-1', scores: [{ organisation: 'navy', scoreMicro: -12_345 }], settled: counted },
      { by: 'navy/ship-2', scores: [], settled: { ...left, scoreMicro: -1_000_000 } },
      { by: 'navy/ship-3', scores: [] },
    ],
  );
  expect(text.split('\n').map((line) => line.split(/\s{2,}/))).toEqual([
    ['agent', 'outcome', 'score', '−1', '0', '1', 'median', 'air', 'navy', 'reputation'],
    ['navy/ship-1', 'counted', '+0.500', '│█████', '+0.0123', '-', '−0.0123', '+0.063'],
    ['navy/ship-2', 'ERR_UPDATE_COPIED', '−1.000', '██████████│', '-', '-', '-', '+0.063'],
    ['navy/ship-3', 'not settled', '-', '-', '-', '-', '-'],
  ]);
});

test('reputations show each agent with a bar', () => {
  const text = reputationTable([{ job: 'j', organisation: 'navy', by: 'navy/ship-1', ...standing }]);
  const [, row] = text.split('\n');
  expect(row!.split(/\s{2,}/)).toEqual(['navy/ship-1', '+0.063', '│█', '+0.500', '1', '1']);
});
