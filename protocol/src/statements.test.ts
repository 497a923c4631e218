// Statements: every act's schema reads what is valid and names every bad field of what is not.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { refusal } from '../../test/support/refusal.ts';
import { artefactOf, attestationBy, JOB, stated, TERMS, updateBy } from '../../test/support/states.ts';
import { createTestCa, type TestIdentity } from '../../test/support/test-ca.ts';
import { digestOf } from './bytes/digest.ts';
import { ACTS, rolesFor, verifyRole, type Act } from './envelope/acts.ts';
import { ROLES } from './envelope/certificate.ts';
import { seal } from './envelope/envelope.ts';
import { evaluationSchema, readStatement, splitSignatory } from './statements.ts';

let officer: TestIdentity;
beforeAll(async () => {
  officer = await (await createTestCa('navy')).issue({ name: 'officer', role: 'officer' });
});
const THUMBPRINT = 'A'.repeat(43);
const of = { job: JOB, round: 1 };

const valid: { [A in Act]: object } = {
  'consortium.register': { organisation: 'navy', roots: ['pem'], certificate: 'pem' },
  'consortium.enrol': { certificate: 'pem' },
  'consortium.revoke': { name: 'ship-1', certificate: THUMBPRINT, reason: 'lost' },
  'job.propose': { terms: TERMS },
  'job.vote': { job: JOB, verdict: 'approve' },
  'round.commit': { ...of, of: 'update', commitment: digestOf('envelope') },
  'round.reveal': { ...of, of: 'attestation' },
  'round.update': updateBy('navy/ship-1').statement,
  'round.root': { ...of, base: digestOf('base'), update: artefactOf('root'), metrics: { lossMicro: 1 } },
  'round.close': of,
  'round.attest': {
    ...attestationBy('navy/validator').statement,
    excluded: [{ by: 'navy/ship-1', code: 'ERR_CID_INVALID' }],
  },
  'round.finalise': { ...of, aggregate: digestOf('x'), organisations: ['air', 'navy'] },
  'round.abandon': { ...of, reason: 'no quorum' },
  'round.settle': { ...of, organisation: 'navy' },
};
const sealed = (act: Act, fields: object): string =>
  seal(act, { ...fields, v: 1, iat: 1, by: 'navy/officer' }, officer.signer);

describe('a statement', () => {
  test.each(ACTS)('of %s is read', (act) => {
    const { statement, organisation, name, envelope } = readStatement(act, sealed(act, valid[act]));
    expect(statement).toEqual({ ...valid[act], v: 1, iat: 1, by: 'navy/officer', jti: envelope.jti });
    expect([organisation, name]).toEqual(['navy', 'officer']);
  });

  test.each(ACTS)('of %s is refused with a member it does not know', (act) => {
    const error = refusal(() => readStatement(act, sealed(act, { ...valid[act], more: 1 })));
    expect(error).toMatchObject({ code: 'ERR_DOCUMENT_INVALID', details: { document: `${act} statement` } });
  });

  test('names every bad field at once', () => {
    const bad = { ...valid['round.update'], round: 0, examples: -1, base: 'sha1:x' };
    const error = refusal(() => readStatement('round.update', sealed('round.update', bad)));
    expect(error.message).toContain('round: ');
    expect(error.message).toContain('examples: ');
    expect(error.message).toContain('base: must be sha256:<64 hex digits>');
  });

  test('that is empty is refused as a document', () => {
    expect(refusal(() => readStatement('round.close', seal('round.close', {}, officer.signer))).code).toBe(
      'ERR_DOCUMENT_INVALID',
    );
  });

  test('has a signatory of organisation and name', () => {
    expect(splitSignatory('navy/ship-1')).toEqual({ organisation: 'navy', name: 'ship-1' });
    expect(splitSignatory('')).toEqual({ organisation: '', name: '' });
    for (const by of ['navy', 'navy/', '/ship', 'navy/ship/1', 'Navy/ship', `navy/${'x'.repeat(64)}`]) {
      const text = seal('round.close', { ...of, v: 1, iat: 1, by }, officer.signer);
      expect(refusal(() => readStatement('round.close', text)).code).toBe('ERR_DOCUMENT_INVALID');
    }
  });
});

describe('roles', () => {
  test('may do exactly the acts of the table', () => {
    for (const act of ACTS) {
      for (const role of ROLES) {
        if (rolesFor(act).includes(role)) expect(() => verifyRole(role, act)).not.toThrow();
        else
          expect(refusal(() => verifyRole(role, act))).toMatchObject({
            code: 'ERR_ROLE_FORBIDDEN',
            details: { role, act },
          });
      }
    }
  });

  test('of auditor and relay change nothing but their own enrolment', () => {
    for (const role of ['auditor', 'relay'] as const) {
      expect(ACTS.filter((act) => rolesFor(act).includes(role))).toEqual(['consortium.enrol']);
    }
  });

  test('are stated as the act’s own in what tests make', () => {
    expect(stated('round.close', 'navy/officer', of).envelope.act).toBe('round.close');
  });
});

test('an evaluation is one of classes or of numbers, never of both', () => {
  const answers = { examples: 5, lossMicro: 1, accuracyMicro: 2, recallMicro: [3] };
  const values = { examples: 5, lossMicro: 1, maeMicro: 2, rmseMicro: 3, r2Micro: -4 };
  const taken = [answers, { ...answers, calibrationMicro: 1, aucMicro: 2 }, values];
  expect(taken.filter((each) => !evaluationSchema.safeParse(each).success)).toEqual([]);
  const refused = [
    { ...answers, ...values },
    { ...answers, aucMicro: 1_000_001 },
    { ...answers, recallMicro: Array<number>(1001).fill(0) },
    { ...values, r2Micro: 1_000_001 },
    { examples: 5, lossMicro: 1 },
  ];
  expect(refused.filter((each) => evaluationSchema.safeParse(each).success)).toEqual([]);
});
