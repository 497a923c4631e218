// attest: what an attestation must agree with, and when it may replace another.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { APPROVED, artefactOf, attestationBy, CLOSED, OPEN, OPENED, TERMS } from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import { agreementOf, attestRound } from './attest.ts';

const NOW = { at: OPENED + 1200, transaction: 'tx' };
const first = attestRound(APPROVED, CLOSED, undefined, attestationBy('navy/validator'), NOW).state;

function attest(
  changes: Parameters<typeof attestationBy>[1] = {},
  { at = NOW.at, round = CLOSED, existing = undefined as typeof first | undefined, by = 'navy/validator' } = {},
): ReturnType<typeof attestRound> {
  return attestRound(APPROVED, round, existing, attestationBy(by, changes), { at, transaction: 'tx' });
}

describe('an attestation', () => {
  test('of the closed round is recorded as its organisation’s', () => {
    const { state, events } = attest();
    expect(state).toMatchObject({ organisation: 'navy', by: 'navy/validator', aggregate: artefactOf('aggregate') });
    expect(events).toEqual([{ type: 'round.attested', data: state }]);
  });

  test('is replaced by a newer one', () => {
    const { state } = attest({ iat: 2, jti: 'newer', aggregate: artefactOf('other') }, { existing: first });
    expect(state).toMatchObject({ iat: 2, jti: 'newer', aggregate: artefactOf('other') });
  });

  test('may exclude updates, in order of their agents’ names', () => {
    const excluded = [{ by: 'navy/ship-1', code: 'ERR_TENSORS_MALFORMED' }];
    expect(attest({ excluded }).state.excluded).toEqual(excluded);
  });

  test('agrees with another of the same result, whatever the evaluation was', () => {
    const evaluation = { examples: 9, lossMicro: 9, accuracyMicro: 9, recallMicro: [] };
    const { state } = attest({ evaluation }, { by: 'air/validator' });
    expect(agreementOf(state)).toBe(agreementOf(first));
    expect(agreementOf(attest({ aggregate: artefactOf('other') }).state)).not.toBe(agreementOf(first));
  });

  const adam = { ...APPROVED, terms: { ...TERMS, rule: { name: 'fed-adam', options: {} } } };
  const carry = artefactOf('carry');

  test('has what the rule carries, and agrees with those that have the same', () => {
    const of = (text: string): typeof first =>
      attestRound(adam, CLOSED, undefined, attestationBy('navy/validator', { carry: artefactOf(text) }), NOW).state;
    expect(of('carry')).toMatchObject({ carry });
    expect(agreementOf(of('carry'))).not.toBe(agreementOf(of('other')));
  });

  const exclude = (...names: string[]): Parameters<typeof attestationBy>[1] => ({
    excluded: names.map((by) => ({ by, code: 'ERR_ARTEFACT_UNKNOWN' })),
  });
  const cases: [string, string, () => unknown][] = [
    ['of an organisation outside the job', 'ERR_JOB_OUTSIDER', () => attest({}, { by: 'space/validator' })],
    ['that is recorded already', 'ERR_ENVELOPE_REPLAYED', () => attest({}, { existing: first })],
    ['no newer than the recorded one', 'ERR_ENVELOPE_STALE', () => attest({ jti: 'other' }, { existing: first })],
    ['of an open round', 'ERR_ROUND_PHASE', () => attest({}, { round: OPEN })],
    ['dated before the close', 'ERR_ROUND_EARLY', () => attest({}, { at: OPENED + 999 })],
    ['after its window', 'ERR_ROUND_LATE', () => attest({}, { at: OPENED + 1501 })],
    ['on another base model', 'ERR_ROUND_BASE', () => attest({ base: digestOf('x') })],
    ['of other updates', 'ERR_ATTESTATION_MISMATCH', () => attest({ updates: { count: 3, root: digestOf('x') } })],
    ['that excludes one twice', 'ERR_ATTESTATION_MISMATCH', () => attest(exclude('navy/a', 'navy/a'))],
    ['that excludes in another order', 'ERR_ATTESTATION_MISMATCH', () => attest(exclude('navy/b', 'air/a'))],
    ['with a carry, of a rule without', 'ERR_ATTESTATION_MISMATCH', () => attest({ carry })],
    [
      'without a carry, of a rule with one',
      'ERR_ATTESTATION_MISMATCH',
      () => attestRound(adam, CLOSED, undefined, attestationBy('navy/validator'), NOW),
    ],
    ['that leaves too few updates', 'ERR_QUORUM_SHORT', () => attest(exclude('air/a', 'navy/b'))],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});
