// The auditor on copies: decided by the records alone, before any byte is looked at.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { artefactOf } from '../../../test/support/states.ts';
import { verifyCopies } from './aggregates.ts';
import type { LineageRound } from './lineage.ts';

const updates = ['air/a', 'navy/b'].map((by, at) => ({ by, at, update: artefactOf('one') }));
const check = (...excluded: { by: string; code: string }[]): void =>
  verifyCopies({ round: { round: 1 }, updates, excluded } as unknown as LineageRound);

describe('a round in which one agent copied another', () => {
  test('holds where the copy was left out as one', () => {
    expect(() => check({ by: 'navy/b', code: 'ERR_UPDATE_COPIED' })).not.toThrow();
  });

  test.each([
    ['the copy was counted', 'navy/b', []],
    ['the copy was left out for another reason', 'navy/b', [{ by: 'navy/b', code: 'ERR_ARTEFACT_UNKNOWN' }]],
    ['the first was left out', 'air/a', [{ by: 'air/a', code: 'ERR_UPDATE_COPIED' }]],
  ])('fails where %s, naming the update', (_title, by, excluded) => {
    const error = refusal(() => check(...excluded));
    expect(error).toMatchObject({ code: 'ERR_AUDIT_FAILED', details: { record: `update of ${by} in round 1` } });
  });
});
