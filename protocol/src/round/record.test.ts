// record: what makes an update count, and each reason why it does not.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, artefactOf, OPEN, OPENED, pageOf, TERMS, updateBy } from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import { recordUpdate } from './record.ts';
import { entriesOn } from './updates-page.ts';

const CARRY = artefactOf('carry');
const CARRIED = { ...OPEN, baseCarry: CARRY };
const CONTROLLED = { ...APPROVED, terms: { ...TERMS, rule: { name: 'scaffold', options: { rate: 1, agents: 3 } } } };
const MOMENT = { at: OPENED + 5, transaction: 'tx-1' };

describe('an update', () => {
  test('of a member in the window is recorded, with a receipt', () => {
    const { state, receipt, record } = recordUpdate(APPROVED, OPEN, undefined, updateBy('navy/ship-1'), MOMENT);
    expect(receipt).toEqual({ jti: 'jti of navy/ship-1', by: 'navy/ship-1', at: OPENED + 5, transaction: 'tx-1' });
    const { by, jti, update, examples, at, transaction } = record!;
    expect(entriesOn(state)).toEqual([{ by, jti, update, examples, at, transaction }]);
    expect(record).toMatchObject({ examples: 10, certificate: 'certificate of navy/ship-1', transaction: 'tx-1' });
  });

  test('joins those of other agents on its page', () => {
    const { state } = recordUpdate(APPROVED, OPEN, pageOf('navy/ship-1'), updateBy('navy/ship-2'), MOMENT);
    expect(Object.keys(state.updates)).toEqual(['ship-1', 'ship-2']);
    expect(state.moments).toEqual([{ at: OPENED + 10, transaction: 'tx' }, MOMENT]);
  });

  test('says once for all of its transaction when and in which one it was recorded', () => {
    const { state } = recordUpdate(APPROVED, OPEN, undefined, updateBy('navy/ship-1'), MOMENT);
    const second = recordUpdate(APPROVED, OPEN, state, updateBy('navy/ship-2'), MOMENT).state;
    expect(second.moments).toEqual([MOMENT]);
    expect(entriesOn(second)).toMatchObject([
      { by: 'navy/ship-1', ...MOMENT },
      { by: 'navy/ship-2', ...MOMENT },
    ]);
  });

  test('again gives the first receipt, even when the round is over', () => {
    const page = pageOf('navy/ship-1');
    const again = updateBy('navy/ship-1', { jti: 'another' });
    const { state, receipt, record } = recordUpdate(APPROVED, { ...OPEN, phase: 'closed' }, page, again, MOMENT);
    expect(receipt).toMatchObject({ jti: 'jti of navy/ship-1', at: OPENED + 10, transaction: 'tx', duplicate: true });
    expect(state).toEqual(page);
    expect(record).toBeUndefined();
  });

  test('of an agent called constructor is recorded like any other', () => {
    const { record } = recordUpdate(APPROVED, OPEN, undefined, updateBy('navy/constructor'), MOMENT);
    expect(record?.by).toBe('navy/constructor');
  });

  test('counts on the first and on the last millisecond of the window', () => {
    for (const at of [OPENED, OPENED + 1000]) {
      const moment = { at, transaction: 'tx' };
      expect(recordUpdate(APPROVED, OPEN, undefined, updateBy('air/plane-1'), moment).receipt.at).toBe(at);
    }
  });

  const ship = 'navy/ship-1';
  const large = { ...artefactOf('x'), size: 1001 };
  const cases: [string, string, () => unknown][] = [
    ['of an organisation outside the job', 'ERR_JOB_OUTSIDER', () => act({ by: 'space/probe' })],
    [
      'that differs from the recorded one',
      'ERR_UPDATE_DUPLICATE',
      () => act({ page: [ship], update: artefactOf('x') }),
    ],
    ['to a closed round', 'ERR_ROUND_PHASE', () => act({ round: { ...OPEN, phase: 'closed' } })],
    ['to a job that has ended', 'ERR_JOB_STATUS', () => act({ job: { ...APPROVED, status: 'failed' } })],
    ['before the round opened', 'ERR_ROUND_EARLY', () => act({ at: OPENED - 1 })],
    ['after the window', 'ERR_ROUND_LATE', () => act({ at: OPENED + 1001 })],
    ['on another base model', 'ERR_ROUND_BASE', () => act({ base: digestOf('stale') })],
    ['by a carry that its rule has agents not train by', 'ERR_ROUND_CARRY', () => act({ carry: CARRY.digest })],
    ['by no carry', 'ERR_ROUND_CARRY', () => act({ job: CONTROLLED, round: CARRIED })],
    ['by another carry', 'ERR_ROUND_CARRY', () => act({ job: CONTROLLED, round: CARRIED, carry: digestOf('x') })],
    ['larger than the limit', 'ERR_UPDATE_LIMIT', () => act({ update: large })],
    [
      'of more examples than the limit',
      'ERR_UPDATE_LIMIT',
      () => act({ examples: 101, dataset: { root: digestOf(''), size: 200 } }),
    ],
    ['of more examples than its data set holds', 'ERR_UPDATE_LIMIT', () => act({ examples: 21 })],
    ['beyond the organisation’s share', 'ERR_ROUND_FULL', () => act({ page: ['navy/ship-2', 'navy/ship-3'] })],
  ];
  interface Changes extends Partial<ReturnType<typeof updateBy>['statement']> {
    job?: never;
  }
  function act(
    changes: Omit<Changes, 'job' | 'round'> & {
      at?: number;
      page?: string[];
      job?: typeof APPROVED;
      round?: typeof OPEN;
    },
  ): unknown {
    const { at = MOMENT.at, page = [], job = APPROVED, round = OPEN, by = ship, ...fields } = changes;
    return recordUpdate(job, round, pageOf(...page), updateBy(by, fields), { at, transaction: 'tx' });
  }
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });

  test('by what the rule carried into the round is recorded, and by nothing where nothing was yet', () => {
    expect(() => act({ job: CONTROLLED, round: CARRIED, carry: CARRY.digest })).not.toThrow();
    expect(() => act({ job: CONTROLLED })).not.toThrow();
  });

  test('is refused beyond a page’s double share where the limit takes several pages', () => {
    const job = { ...APPROVED, terms: { ...TERMS, limits: { ...TERMS.limits, updates: 65 } } };
    const full = pageOf(...Array.from({ length: 128 }, (_, i) => `navy/ship-${i}`));
    const attempt = (): unknown => recordUpdate(job, OPEN, full, updateBy('navy/late'), MOMENT);
    expect(refusal(attempt)).toMatchObject({ code: 'ERR_ROUND_FULL', details: { organisation: 'navy', limit: 65 } });
  });
});
