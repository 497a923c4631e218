// The consortium: registering, enrolling, authenticating and revoking, with real certificates.

import { beforeAll, describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { createTestCa, type TestCa, type TestIdentity } from '../../../test/support/test-ca.ts';
import { seal } from '../envelope/envelope.ts';
import type { Act } from '../envelope/acts.ts';
import type { RosterState } from '../ledger/state.ts';
import { readStatement, type Stated } from '../statements.ts';
import { authenticate, enrol, registerOrganisation, revoke } from './consortium.ts';

const AT = Date.UTC(2026, 5, 1);
const NOW = { at: AT, transaction: 'tx' };
const JOB = '0'.repeat(32);

let ca: TestCa;
let foreign: TestCa;
let officer: TestIdentity;
let ship: TestIdentity;
let late: TestIdentity;
let registration: Stated<'consortium.register'>;

function sealed<A extends Act>(act: A, signer: TestIdentity, fields: object): Stated<A> {
  return readStatement(act, seal(act, { v: 1, iat: AT, by: signer.by, ...fields }, signer.signer));
}
const enrolling = (who: TestIdentity, fields: object = {}, signer = who): Stated<'consortium.enrol'> =>
  sealed('consortium.enrol', signer, { by: who.by, certificate: who.certificate, ...fields });
const registering = (who: TestIdentity, roots: string[]): Stated<'consortium.register'> =>
  sealed('consortium.register', who, { organisation: 'navy', roots, certificate: who.certificate });
const revoking = (of: TestIdentity, name = of.name): Stated<'consortium.revoke'> =>
  sealed('consortium.revoke', officer, { name, certificate: of.signer.certificate, reason: 'lost at sea' });
const closing = (signer: TestIdentity, by = signer.by): Stated<'round.close'> =>
  sealed('round.close', signer, { by, job: JOB, round: 1 });
const committing = (signer: TestIdentity, of: 'update' | 'attestation'): Stated<'round.commit'> =>
  sealed('round.commit', signer, { by: signer.by, job: JOB, round: 1, of, commitment: `sha256:${'0'.repeat(64)}` });

beforeAll(async () => {
  ca = await createTestCa('navy');
  foreign = await createTestCa('navy');
  officer = await ca.issue({ name: 'officer', role: 'officer' });
  ship = await ca.issue({ name: 'ship-1', role: 'agent', unit: 'fleet' });
  late = await ca.issue({ name: 'late', role: 'agent', notBefore: AT + 1000 });
  registration = registering(officer, [ca.root]);
});
const navy = (): ReturnType<typeof registerOrganisation>['state'] =>
  registerOrganisation(undefined, registration, 'navy', NOW).state;
const roster = (): RosterState => enrol(navy(), undefined, enrolling(officer), NOW).state;

describe('registering an organisation', () => {
  test('pins its roots', () => {
    const { state, events } = registerOrganisation(undefined, registration, 'navy', NOW);
    expect(state).toEqual({ v: 1, organisation: 'navy', roots: [ca.root], registeredBy: 'navy/officer', at: AT });
    expect(events).toEqual([{ type: 'organisation.registered', data: state }]);
  });

  test('again with equal roots changes nothing', () => {
    expect(registerOrganisation(navy(), registration, 'navy', NOW)).toEqual({ state: navy(), events: [] });
  });

  const cases: [string, string, () => unknown][] = [
    [
      'by another organisation',
      'ERR_ORGANISATION_CREATOR',
      () => registerOrganisation(undefined, registration, 'air', NOW),
    ],
    [
      'again with other roots',
      'ERR_ORGANISATION_EXISTS',
      () => registerOrganisation(navy(), registering(officer, [ca.root, foreign.root]), 'navy', NOW),
    ],
    [
      'by an officer of other roots',
      'ERR_CERTIFICATE_UNTRUSTED',
      () => registerOrganisation(undefined, registering(officer, [foreign.root]), 'navy', NOW),
    ],
    [
      'with a root that is none',
      'ERR_CERTIFICATE_MALFORMED',
      () => registerOrganisation(undefined, registering(officer, [ca.root, officer.certificate]), 'navy', NOW),
    ],
    [
      'by an agent',
      'ERR_ROLE_FORBIDDEN',
      () => registerOrganisation(undefined, registering(ship, [ca.root]), 'navy', NOW),
    ],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('enrolling a certificate', () => {
  test('puts it on the roster', () => {
    const { state, events } = enrol(navy(), roster(), enrolling(ship), NOW);
    expect(Object.values(state.certificates).map(({ name }) => name)).toEqual(['officer', 'ship-1']);
    expect(state.certificates[ship.signer.certificate]).toMatchObject({ role: 'agent', unit: 'fleet', at: AT });
    expect(events).toMatchObject([
      {
        type: 'certificate.enrolled',
        data: { organisation: 'navy', certificate: ship.signer.certificate, pem: ship.certificate },
      },
    ]);
  });

  test('keeps what it says of its holder, and nothing where it says nothing', async () => {
    const own = { unit: 'fleet', dataSets: ['sonar'], platform: 'linux-arm64' };
    const frigate = await ca.issue({
      name: 'ship-2',
      role: 'agent',
      unit: 'fleet',
      data: 'sonar',
      platform: own.platform,
    });
    const { state, events } = enrol(navy(), roster(), enrolling(frigate), NOW);
    expect(state.certificates[frigate.signer.certificate]).toMatchObject(own);
    expect(events).toMatchObject([{ data: own }]);
    expect(Object.keys(roster().certificates[officer.signer.certificate]!)).not.toContain('dataSets');
  });

  test('again changes nothing, not even a revocation', () => {
    const revoked = revoke(roster(), revoking(officer), NOW).state;
    expect(enrol(navy(), revoked, enrolling(officer), NOW)).toEqual({ state: revoked, events: [] });
  });

  const cases: [string, string, () => Stated<'consortium.enrol'>][] = [
    ['of another', 'ERR_CERTIFICATE_UNKNOWN', () => enrolling(ship, {}, officer)],
    ['under another name', 'ERR_CERTIFICATE_UNKNOWN', () => enrolling(ship, { by: 'navy/ship-2' })],
    ['of another organisation', 'ERR_CERTIFICATE_UNKNOWN', () => enrolling(ship, { by: 'air/ship-1' })],
    ['that is not valid yet', 'ERR_CERTIFICATE_NOT_YET_VALID', () => enrolling(late)],
    [
      'with a key that is not its own',
      'ERR_SIGNATURE_INVALID',
      () => enrolling(ship, {}, { ...officer, signer: { ...officer.signer, certificate: ship.signer.certificate } }),
    ],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, make) => {
    expect(refusal(() => enrol(navy(), roster(), make(), NOW)).code).toBe(code);
  });

  test('of a foreign root is refused with ERR_CERTIFICATE_UNTRUSTED', async () => {
    const stranger = await foreign.issue({ name: 'stranger', role: 'agent' });
    expect(refusal(() => enrol(navy(), undefined, enrolling(stranger), NOW)).code).toBe('ERR_CERTIFICATE_UNTRUSTED');
  });
});

describe('authenticating an envelope', () => {
  const fleet = (): RosterState => enrol(navy(), undefined, enrolling(ship), NOW).state;

  test('lets who may show something commit to it', () => {
    expect(authenticate(fleet(), committing(ship, 'update'), NOW)).toMatchObject({ role: 'agent' });
  });

  test('gives the enrolment behind it', () => {
    expect(authenticate(roster(), closing(officer), NOW)).toMatchObject({ name: 'officer', role: 'officer' });
  });

  const cases: [string, string, () => unknown][] = [
    ['without a roster', 'ERR_CERTIFICATE_UNKNOWN', () => authenticate(undefined, closing(officer), NOW)],
    ['of a certificate that is not on it', 'ERR_CERTIFICATE_UNKNOWN', () => authenticate(roster(), closing(ship), NOW)],
    [
      'in the name of another',
      'ERR_CERTIFICATE_UNKNOWN',
      () => authenticate(roster(), closing(officer, 'navy/admiral'), NOW),
    ],
    [
      'of a revoked certificate',
      'ERR_CERTIFICATE_REVOKED',
      () => authenticate(revoke(roster(), revoking(officer), NOW).state, closing(officer), NOW),
    ],
    [
      'of an expired certificate',
      'ERR_CERTIFICATE_EXPIRED',
      () => authenticate(roster(), closing(officer), { ...NOW, at: Date.UTC(2027, 0, 2) }),
    ],
    [
      'of an act beyond the role',
      'ERR_ROLE_FORBIDDEN',
      () => authenticate(enrol(navy(), undefined, enrolling(ship), NOW).state, closing(ship), NOW),
    ],
    [
      'of a commitment to what the role may not show',
      'ERR_ROLE_FORBIDDEN',
      () => authenticate(fleet(), committing(ship, 'attestation'), NOW),
    ],
    [
      'with a forged signature',
      'ERR_SIGNATURE_INVALID',
      () =>
        authenticate(
          roster(),
          closing({ ...officer, signer: { ...ship.signer, certificate: officer.signer.certificate } }),
          NOW,
        ),
    ],
  ];
  test.each(cases)('%s is refused with %s', (_title, code, attempt) => {
    expect(refusal(attempt).code).toBe(code);
  });
});

describe('revoking a certificate', () => {
  test('marks it with when, by whom and why', () => {
    const { state, events } = revoke(roster(), revoking(officer), NOW);
    const revoked = { at: AT, by: 'navy/officer', reason: 'lost at sea' };
    expect(state.certificates[officer.signer.certificate]).toMatchObject({ name: 'officer', revoked });
    expect(events).toMatchObject([{ type: 'certificate.revoked', data: { organisation: 'navy', revoked } }]);
  });

  test('again changes nothing', () => {
    const { state } = revoke(roster(), revoking(officer), NOW);
    expect(revoke(state, revoking(officer), { ...NOW, at: AT + 1 })).toEqual({ state, events: [] });
  });

  test('that is not enrolled, or under another name, is refused', () => {
    for (const attempt of [
      () => revoke(undefined, revoking(officer), NOW),
      () => revoke(roster(), revoking(ship), NOW),
      () => revoke(roster(), revoking(officer, 'admiral'), NOW),
    ]) {
      expect(refusal(attempt).code).toBe('ERR_CERTIFICATE_UNKNOWN');
    }
  });
});
