// abandon: when a round is hopeless, and what comes after it.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, CLOSED, OPEN, OPENED, PAGES, pageOf, POINTER, TERMS } from '../../../test/support/states.ts';
import { abandonRound } from './abandon.ts';

const abandon = (at: number, { round = OPEN, pointer = POINTER, pages = [pageOf('navy/ship-1')] } = {}) =>
  abandonRound(APPROVED, round, pointer, pages, 'too few', { at, transaction: 'tx' });

describe('abandoning a round', () => {
  test('short of updates after its window opens the next on the same base', () => {
    const { round, model, next, job, events } = abandon(OPENED + 1001);
    expect(round).toMatchObject({ phase: 'abandoned', abandonedAt: OPENED + 1001, reason: 'too few' });
    expect(model).toMatchObject({ round: 2, abandoned: 1, finalised: 0, model: TERMS.base });
    expect(next).toMatchObject({ round: 2, phase: 'open', base: TERMS.base });
    expect(job).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['round.abandoned', 'round.opened']);
  });

  test('without a quorum of attestations is possible after their window', () => {
    expect(abandon(OPENED + 1501, { round: CLOSED }).round.phase).toBe('abandoned');
  });

  test('beyond the job’s limit fails the job', () => {
    const { next, job, model, events } = abandon(OPENED + 1001, { pointer: { ...POINTER, abandoned: 1 } });
    expect(next).toBeUndefined();
    expect([job?.status, model.abandoned, model.round]).toEqual(['failed', 2, 1]);
    expect(events.map(({ type }) => type)).toEqual(['round.abandoned', 'job.failed']);
  });

  test.each([
    ['while its window for updates is open', 'ERR_ROUND_EARLY', () => abandon(OPENED + 1000)],
    ['while its window for attestations is open', 'ERR_ROUND_EARLY', () => abandon(OPENED + 1500, { round: CLOSED })],
    ['that has enough updates to close', 'ERR_ROUND_PHASE', () => abandon(OPENED + 1001, { pages: PAGES as never })],
    ['that is finalised', 'ERR_ROUND_PHASE', () => abandon(OPENED + 9999, { round: { ...OPEN, phase: 'finalised' } })],
  ] as const)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});
