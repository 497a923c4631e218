// A finaliser that is told who does not answer.

import { expect, test } from '@jest/globals';
import { MusterError } from '@muster/protocol';
import { Endorsers } from './endorsers.ts';

const agreeing = ['airforce', 'army', 'marines', 'navy'];

test('names the others at once, and everybody again after half a minute', () => {
  let now = 0;
  const endorsers = new Endorsers('navy', () => now);
  const name = (failures: number): string[] => endorsers.name(agreeing, { needed: 3, failures });
  expect(name(0)).toEqual(agreeing);
  endorsers.hear(new MusterError('ERR_ENDORSER_SILENT', { organisations: ['army'] }));
  expect([name(0), name(1), name(2)]).toEqual(Array(3).fill(['airforce', 'marines', 'navy']));
  now = 30_000;
  expect(name(0)).toEqual(agreeing);
});

test('learns nothing from other failures', () => {
  const endorsers = new Endorsers('navy');
  endorsers.hear(new MusterError('ERR_LEDGER_UNREACHABLE', { reason: 'army is away' }));
  endorsers.hear(new TypeError('army'));
  expect(endorsers.name(agreeing, { needed: 3, failures: 0 })).toEqual(agreeing);
});
