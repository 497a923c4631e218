// The README's table of operators says what the tables of rules hold, no more and no less.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { EXPANSIONS } from '../graph/expansions.ts';
import { FLAT } from './flat.ts';
import { GRADIENT_RULES } from './rules.ts';

test('every operator that trains is in the table of the README, and no other', () => {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, table = ''] =
    /\| family \| operators \| notes \|\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)/.exec(readme) ?? [];
  const named = table.split('\n').flatMap((row) => row.split('|')[2]?.trim().split(', ') ?? []);
  expect(named.sort()).toEqual([...GRADIENT_RULES.keys(), ...EXPANSIONS.keys(), ...FLAT].sort());
});
