// How long an organisation is left out that gave no answer.

import { expect, test } from '@jest/globals';
import { SilentOrganisations } from './silent-organisations.ts';

test('an organisation is left out for half a minute, and each time in a row for twice as long, up to ten minutes', () => {
  let now = 0;
  const silent = new SilentOrganisations(() => now);
  const seconds: number[] = [];
  for (let time = 0; time < 6; time++) {
    silent.add('navy');
    const from = now;
    while (silent.has('navy')) now += 1000;
    seconds.push((now - from) / 1000);
  }
  expect(seconds).toEqual([30, 60, 120, 240, 480, 600]);
});

test('one that answered begins anew', () => {
  let now = 0;
  const silent = new SilentOrganisations(() => now);
  silent.add('navy');
  silent.add('navy');
  silent.delete('navy');
  expect(silent.has('navy')).toBe(false);
  silent.add('navy');
  now = 30_000;
  expect([silent.has('navy'), silent.has('army')]).toEqual([false, false]);
});
