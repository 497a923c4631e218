// What the audit tells of sortition: how many rounds drew their agents, and who kept its value back.

import { expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { APPROVED, CLOSED, TERMS } from '../../../test/support/states.ts';
import type { ModelLineage } from './lineage.ts';
import { sortitionChecks } from './sortition.ts';

const rounds = [
  { round: { ...CLOSED, unrevealed: [] } },
  { round: { ...CLOSED, round: 2, unrevealed: ['navy'] } },
  { round: { ...CLOSED, round: 3, seed: digestOf('seed') } },
];
const lineageOf = (terms: object): ModelLineage =>
  ({ job: { ...APPROVED, terms: { ...TERMS, ...terms } }, rounds }) as unknown as ModelLineage;

test('tells of the rounds that took agents by lot, and names who did not reveal', () => {
  expect(sortitionChecks(lineageOf({ selection: { perMille: 250 } }))).toEqual([
    {
      check: 'sortition',
      detail: '1 of 3 rounds took 250 of a thousand agents, by seeds drawn again from what was revealed',
    },
    {
      check: 'not revealed',
      detail:
        'navy in round 2: it had committed to a value for the next seed, and none that fits is among those agreed on',
    },
  ]);
});

test('tells whose certificates were eligible, where the job says', () => {
  const selection = { perMille: 1000, units: ['fleet'], dataSets: ['radar', 'sonar'], platforms: ['linux-arm64'] };
  const [{ detail } = { detail: '' }] = sortitionChecks(lineageOf({ selection }));
  expect(detail).toContain(
    '; eligible were certificates of units fleet; data sets radar, sonar; platforms linux-arm64',
  );
});

test('says nothing of jobs that take every agent', () => {
  expect(sortitionChecks(lineageOf({}))).toEqual([]);
});
