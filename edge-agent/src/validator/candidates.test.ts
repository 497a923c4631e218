// Candidates: what a model with one change alone, or with one left out, must be.

import { cidOf, decodeParameters, digestOf, encodeTensors, type Artefact, type ScoresTerms } from '@muster/protocol';
import { describe, expect, test } from '@jest/globals';
import { createTally, type Tally, type TallyTerms } from './tally.ts';

const FORMAT = { fractionBits: 24, magnitudeBits: 28 };
const BASE = encodeTensors([{ name: 'w', shape: [2], data: Float32Array.of(1, -1) }]);
/** who, of how many examples, changes what by how much */
const UPDATES = [
  ['army/a', 1, 4, 0],
  ['army/b', 3, 0, 8],
  ['navy/c', 2, 1, 1],
  ['navy/d', 2, 2, -1],
  ['navy/e', 5, 3, 2],
] as const;

const ROOT: NonNullable<TallyTerms['root']> = {
  data: { cid: '', digest: '', size: 1 },
  layout: { shape: [1], dtype: 'float32', target: { kind: 'class', classes: 2 }, examples: 1 },
  epochs: 1,
};

const scores = (method: ScoresTerms['method']): ScoresTerms => ({ method, examples: 1, alphaMicro: 1 });

/** An update's file and its artefact, of changes as numbers. */
function fileOf(change: readonly number[]): { readonly bytes: Uint8Array; readonly update: Artefact } {
  const data = Int32Array.from(change, (value) => value * 2 ** 24);
  const bytes = encodeTensors([{ name: 'w', shape: [2], data }]);
  return { bytes, update: { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length } };
}

function tallied(rule: TallyTerms['rule'], method?: ScoresTerms['method'], without?: string): Tally {
  const root = rule.name === 'fltrust' ? { root: ROOT } : {};
  const terms = { rule, fixedPoint: FORMAT, seed: 1, ...root, ...(method && { scores: scores(method) }) };
  const tally = createTally(terms, 1, { base: BASE });
  if (rule.name === 'fltrust') {
    const { bytes, update } = fileOf([2, 3]);
    tally.addRoot({ update }, bytes);
  }
  for (const [by, examples, ...change] of UPDATES) {
    if (by === without) continue;
    const { bytes, update } = fileOf(change);
    tally.add({ by, examples, update }, bytes);
  }
  return tally;
}

const FED_AVG = { name: 'fed-avg', options: {} };
const FED_ADAM = { name: 'fed-adam', options: {} };
const FLTRUST = { name: 'fltrust', options: { maliciousPercent: 20 } };
const MEDIAN = { name: 'median', options: { maliciousPercent: 20 } };

describe('a candidate', () => {
  test.each([FED_AVG, MEDIAN])(
    'by loss-difference of $name is the base with one change, divided by how many there are',
    (rule) => {
      const tally = tallied(rule, 'loss-difference');
      for (const [by, , ...change] of UPDATES) {
        const [parameter] = decodeParameters(tally.candidate(by));
        const [first, second] = change.map((value) => value / UPDATES.length) as [number, number];
        expect([...parameter!.data]).toEqual([Math.fround(1 + first), Math.fround(-1 + second)]);
      }
      expect(tally.finish()).toEqual(tallied(rule).finish());
      tally.close();
    },
  );

  test.each([FED_AVG, MEDIAN, FED_ADAM, FLTRUST])(
    'by leave-one-out of $name is the aggregate that never had the update',
    (rule) => {
      const tally = tallied(rule, 'leave-one-out');
      const whole = tally.finish();
      for (const [by] of UPDATES) expect(tally.candidate(by)).toEqual(tallied(rule, undefined, by).finish().model);
      expect(tally.finish()).toEqual(whole);
      tally.close();
    },
  );

  test('is asked for of updates that were added, in jobs with scores', () => {
    expect(() => tallied(FED_AVG).candidate('army/a')).toThrow(TypeError);
    expect(() => tallied(FED_AVG, 'leave-one-out').candidate('army/z')).toThrow(TypeError);
  });
});
