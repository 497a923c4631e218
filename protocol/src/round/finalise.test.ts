// finalise: whose agreement moves the model pointer.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import {
  APPROVED,
  artefactOf,
  attestationBy,
  CLOSED,
  JOB,
  OPEN,
  OPENED,
  POINTER,
  stated,
} from '../../../test/support/states.ts';
import { digestOf } from '../bytes/digest.ts';
import type { AttestationState, ModelState } from '../ledger/state.ts';
import { attestRound } from './attest.ts';
import { finaliseRound } from './finalise.ts';

const AT = OPENED + 1300;
const aggregate = artefactOf('aggregate');
const attested = (organisation: string, changes: Parameters<typeof attestationBy>[1] = {}): AttestationState =>
  attestRound(APPROVED, CLOSED, undefined, attestationBy(`${organisation}/validator`, changes), {
    at: OPENED + 1200,
    transaction: 'tx',
  }).state;

interface Attempt {
  organisations?: string[];
  attestations?: (AttestationState | undefined)[];
  digest?: string;
  endorser?: string;
  pointer?: ModelState;
  round?: typeof OPEN;
  at?: number;
}

function finalise({
  organisations = ['air', 'navy'],
  attestations = organisations.map((name) => attested(name)),
  digest = aggregate.digest,
  endorser = 'air',
  pointer = POINTER,
  round = CLOSED,
  at = AT,
}: Attempt = {}): ReturnType<typeof finaliseRound> {
  const statement = stated('round.finalise', 'navy/officer', { job: JOB, round: 1, aggregate: digest, organisations });
  return finaliseRound(APPROVED, round, pointer, attestations, statement, endorser, { at, transaction: 'tx' });
}

describe('finalising a round', () => {
  test('moves the model pointer and opens the next round on the new model', () => {
    const { model, round, next, job, events } = finalise();
    expect(model).toEqual({ ...POINTER, round: 2, finalised: 1, model: aggregate, from: 1 });
    expect(round).toMatchObject({ phase: 'finalised', model: aggregate, attestedBy: ['air', 'navy'], finalisedAt: AT });
    expect(next).toMatchObject({ round: 2, phase: 'open', base: aggregate, openedAt: AT, updatesUntil: AT + 1000 });
    expect(job).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['round.finalised', 'round.opened']);
  });

  test('hands on what the rule carries', () => {
    const carry = artefactOf('carry');
    const attestations = [attested('air'), attested('navy')].map((each) => ({ ...each, carry }));
    const { model, round, next } = finalise({ attestations });
    expect([model.carry, round.carry, next?.baseCarry, next?.carry]).toEqual([carry, carry, carry, undefined]);
  });

  test('ends the job after its last round', () => {
    const { model, next, job, events } = finalise({ pointer: { ...POINTER, finalised: 1 } });
    expect(model).toMatchObject({ finalised: 2, round: 1 });
    expect(next).toBeUndefined();
    expect(job?.status).toBe('finished');
    expect(events.map(({ type }) => type)).toEqual(['round.finalised', 'job.finished']);
  });

  const other = attested('navy', { aggregate: artefactOf('other') });
  const cases: [string, string, Attempt][] = [
    ['that is still open', 'ERR_ROUND_PHASE', { round: OPEN }],
    ['dated before its close', 'ERR_ROUND_EARLY', { at: OPENED + 999 }],
    ['with one organisation of two', 'ERR_QUORUM_SHORT', { organisations: ['air'] }],
    ['with one organisation said twice', 'ERR_QUORUM_SHORT', { organisations: ['air', 'air'] }],
    ['with an organisation said twice beside a quorum', 'ERR_QUORUM_SHORT', { organisations: ['air', 'air', 'navy'] }],
    ['without the second attestation', 'ERR_ATTESTATION_MISMATCH', { attestations: [attested('air'), undefined] }],
    ['without the first attestation', 'ERR_ATTESTATION_MISMATCH', { attestations: [undefined, attested('navy')] }],
    ['without any attestation', 'ERR_ATTESTATION_MISMATCH', { attestations: [] }],
    ['of which two models are attested', 'ERR_ATTESTATION_MISMATCH', { attestations: [attested('air'), other] }],
    ['under another digest', 'ERR_ATTESTATION_MISMATCH', { digest: digestOf('x') }],
    ['at the peer of a dissenter', 'ERR_ENDORSER_DISSENTS', { endorser: 'land' }],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(() => finalise(attempt)).code).toBe(code);
  });
});
