// Bars: their length and side are the value's.

import { expect, test } from '@jest/globals';
import { bar, signed } from './bar.ts';

test('a bar begins in the middle and is as long as the value', () => {
  expect(bar(1_000_000)).toBe(`${' '.repeat(10)}│${'█'.repeat(10)}`);
  expect(bar(-1_000_000)).toBe(`${'█'.repeat(10)}│${' '.repeat(10)}`);
  expect(bar(-250_000)).toBe(`${' '.repeat(7)}███│${' '.repeat(10)}`);
  expect(bar(0)).toBe(`${' '.repeat(10)}│${' '.repeat(10)}`);
  expect(bar(1)).toContain('│█ ');
});

test('a value is told with its sign, and what rounds to nothing has no minus', () => {
  expect([signed(412_345), signed(-62_500), signed(-1), signed(1_500_000, 1)]).toEqual([
    '+0.412',
    '−0.063',
    '+0.000',
    '+1.5',
  ]);
});
