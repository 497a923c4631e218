// enrol, through the chaincode: holders present their certificates, many in one transaction.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys, ROSTER_PAGES } from '../../protocol/src/ledger/keys.ts';
import type { RosterState } from '../../protocol/src/ledger/state.ts';
import type { Subject, TestIdentity } from '../support/test-ca.ts';
import { createTestCa } from '../support/test-ca.ts';
import { createEmptyWorld } from './create-world.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const issue = (subject: Subject): Promise<TestIdentity> => world.party('army').ca.issue(subject);

beforeEach(async () => {
  world = await createEmptyWorld();
  await world.call('consortium:register', [world.registration('army')]);
});

async function codeOf(...people: TestIdentity[]): Promise<(string | undefined)[]> {
  return (await world.enrol(...people)).map((verdict) => (verdict.ok ? undefined : verdict.error.code));
}

describe('enrol accepts', () => {
  test('certificates of every role, each with its own event', async () => {
    const { officer, validator, requester, agents } = world.party('army');
    const before = world.ledger.events.length;
    expect(await codeOf(officer, validator, requester, ...agents)).toEqual(Array(6).fill(undefined));
    expect(world.eventsSince(before)).toEqual(Array(6).fill('certificate.enrolled'));
    const roster = await world.call<RosterState>('consortium:roster', ['army']);
    expect(roster.certificates[officer.signer.certificate]).toMatchObject({
      name: 'officer',
      role: 'officer',
      unit: 'hq',
    });
    expect(Object.keys(roster.certificates)).toHaveLength(6);
  });

  test('so many that all pages hold some, and lists them all', async () => {
    const people = await Promise.all(
      Array.from({ length: 60 }, (_, i) => issue({ name: `agent-${i}`, role: 'agent' })),
    );
    await world.enrol(...people);
    const pages = Array.from({ length: ROSTER_PAGES }, (_, page) => world.stored(keys.rosterPage('army', page)));
    const sizes = pages.map((page) => Object.keys(page?.certificates ?? {}).length);
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(1);
    const roster = await world.call<RosterState>('consortium:roster', ['army']);
    expect(
      Object.values(roster.certificates)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(people.map(({ name }) => name).sort());
  });

  test('the same again without a change, and says since when', async () => {
    const { officer } = world.party('army');
    const [first] = await world.enrol(officer);
    const before = world.ledger.events.length;
    expect(first).not.toHaveProperty('receipt.duplicate');
    const since = world.at;
    world.at += 5;
    expect(await world.enrol(officer)).toMatchObject([{ ok: true, receipt: { at: since, duplicate: true } }]);
    expect(world.eventsSince(before)).toEqual([]);
  });
});

describe('enrol refuses', () => {
  test('an organisation that is not registered', async () => {
    expect(await codeOf(world.party('navy').officer)).toEqual(['ERR_ORGANISATION_UNKNOWN']);
    expect((await refusalOf(world.call('consortium:organisation', ['navy']))).code).toBe('ERR_ORGANISATION_UNKNOWN');
    expect((await refusalOf(world.call('consortium:roster', ['navy']))).code).toBe('ERR_ORGANISATION_UNKNOWN');
  });

  test('a certificate of an authority that is not pinned, and enrols the others', async () => {
    const stranger = await (await createTestCa('army')).issue({ name: 'stranger', role: 'agent' });
    expect(await codeOf(stranger, world.party('army').officer)).toEqual(['ERR_CERTIFICATE_UNTRUSTED', undefined]);
  });

  test('certificates that do not count now', async () => {
    const expired = await issue({ name: 'old', role: 'agent', notAfter: world.at - 1000 });
    const future = await issue({ name: 'new', role: 'agent', notBefore: world.at + 1000 });
    expect(await codeOf(expired, future)).toEqual(['ERR_CERTIFICATE_EXPIRED', 'ERR_CERTIFICATE_NOT_YET_VALID']);
  });

  test('a role that is unknown, and none', async () => {
    const people = [await issue({ name: 'king', role: 'king' }), await issue({ name: 'nobody', attributes: null })];
    expect(await codeOf(...people)).toEqual(['ERR_CERTIFICATE_MALFORMED', 'ERR_CERTIFICATE_MALFORMED']);
  });

  test('a certificate that somebody else presents', async () => {
    const { officer, validator } = world.party('army');
    expect(await codeOf({ ...officer, certificate: validator.certificate })).toEqual(['ERR_CERTIFICATE_UNKNOWN']);
  });

  test('a holder without the key', async () => {
    const { officer, validator } = world.party('army');
    const thief = { ...officer, signer: { ...officer.signer, privateKey: validator.privateKey } };
    expect(await codeOf(thief)).toEqual(['ERR_SIGNATURE_INVALID']);
  });
});

test('consortium:organisation tells what is pinned', async () => {
  expect(await world.call('consortium:organisation', ['army'])).toEqual(world.stored(keys.organisation('army')));
  expect((await refusalOf(world.call('consortium:organisation', ['No Name']))).code).toBe('ERR_DOCUMENT_INVALID');
});
