// What the audit tells of attestations that were not committed to: who, and where the evidence is.

import { expect, test } from '@jest/globals';
import { keys, type Key, type KeyType, type States } from '@muster/protocol';
import { APPROVED, CLOSED, JOB, TERMS } from '../../../test/support/states.ts';
import { independenceChecks } from './independence.ts';
import type { LineageRound, ModelLineage } from './lineage.ts';

const commitments = { attestationsMs: 100 };
const held = new Map<string, unknown>();
const hold = (key: Key, value: object): unknown => held.set(key.join(), value);
const state = { get: <T extends KeyType>(key: Key<T>) => held.get(key.join()) as States[T] | undefined };

function attested(organisation: string, independent: boolean): LineageRound['attestations'][number] {
  hold(keys.attestation(JOB, 1, organisation), {});
  const act = { jti: `jti of ${organisation}`, block: 9, transaction: 'tx-9' };
  return { state: { organisation, independent }, act } as LineageRound['attestations'][number];
}

function lineageOf(terms: object, ...attestations: LineageRound['attestations']): ModelLineage {
  const round = { ...CLOSED, committedBy: ['land', 'navy', 'space'] };
  const job = { ...APPROVED, terms: { ...TERMS, ...terms } };
  return { job, rounds: [{ round, attestations }] } as unknown as ModelLineage;
}

test('names who attested what it had not committed to, and who committed and showed nothing', () => {
  for (const name of ['land', 'navy', 'space']) {
    hold(keys.attestationCommitment(JOB, 1, name), { commitment: `sha256:${name}`, transaction: 'tx-5' });
  }
  const all = [attested('air', false), attested('land', true), attested('navy', false)];
  expect(independenceChecks({ state }, lineageOf({ commitments }, ...all))).toEqual([
    { check: 'independence', detail: '1 of 3 attestations are what was committed to before any was shown' },
    {
      check: 'not independent',
      detail: 'air in round 1: it committed to nothing; attestation jti of air in block 9, transaction tx-9',
    },
    {
      check: 'not independent',
      detail:
        'navy in round 1: it committed to sha256:navy in transaction tx-5, and replaced what it showed; ' +
        'attestation jti of navy in block 9, transaction tx-9',
    },
    { check: 'not attested', detail: 'space in round 1: it committed to sha256:space and showed nothing' },
  ]);
});

test('says nothing of jobs whose attestations are not committed to', () => {
  expect(independenceChecks({ state }, lineageOf({}, attested('air', false)))).toEqual([]);
});
