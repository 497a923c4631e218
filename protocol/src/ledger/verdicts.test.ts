// Verdicts: written short, read back as each envelope's own.

import { expect, test } from '@jest/globals';
import type { Verdict } from '../round/record.ts';
import { decodeVerdicts, encodeVerdicts } from './verdicts.ts';

const MOMENT = { at: 5, transaction: 'tx' };
const STATERS = ['a', 'b', 'c'].map((jti) => ({ jti, by: `navy/${jti}` }));
const VERDICTS: Verdict[] = [
  { ok: true, receipt: { jti: 'a', by: 'navy/a', ...MOMENT } },
  { ok: true, receipt: { jti: 'first of b', by: 'navy/b', at: 3, transaction: 'before', duplicate: true } },
  { ok: false, error: { code: 'ERR_JOB_UNKNOWN', details: { job: 'x' } } },
];

test('every envelope gets its verdict back, with the receipt of the first time where there was one', () => {
  expect(decodeVerdicts(encodeVerdicts(MOMENT, VERDICTS), STATERS)).toEqual(VERDICTS);
});

test('a verdict says nothing that its envelope or its transaction says', () => {
  expect(encodeVerdicts(MOMENT, VERDICTS.slice(0, 1))).toBe(
    '{"at":5,"transaction":"tx","v":1,"verdicts":[{"ok":true}]}',
  );
});

test.each([
  '{}',
  '[]',
  encodeVerdicts(MOMENT, VERDICTS.slice(1)),
  '{"verdicts":[1,2,3]}',
  '{"at":1,"verdicts":[1,2,3]}',
])('an answer that does not fit the question is a defect: %.20s', (answer) => {
  expect(() => decodeVerdicts(answer, STATERS)).toThrow(TypeError);
});
