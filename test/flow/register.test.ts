// register, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { createTestCa } from '../support/test-ca.ts';
import { createEmptyWorld } from './create-world.ts';
import { START } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createEmptyWorld();
});

/** Registers army unless told otherwise; the transaction is its officer's. */
const register = (envelope = world.registration('army'), creator = world.party('army').officer) =>
  world.call('consortium:register', [envelope], { creator });
const codeOf = async (envelope: string, creator?: ReturnType<World['party']>['officer']): Promise<string> =>
  (await refusalOf(register(envelope, creator))).code;

describe('register accepts', () => {
  test('an organisation that its own officer presents, and pins its roots', async () => {
    expect(await register()).toMatchObject({ by: 'army/officer', at: START });
    expect(world.stored(keys.organisation('army'))).toMatchObject({ roots: [world.party('army').ca.root] });
    expect(world.eventsSince(0)).toEqual(['organisation.registered']);
  });

  test('the same again without a change, and says since when', async () => {
    await register();
    const before = world.stored(keys.organisation('army'));
    world.at += 5;
    expect(await register(world.registration('army'))).toMatchObject({ at: START, duplicate: true });
    expect(world.stored(keys.organisation('army'))).toEqual(before);
    expect(world.eventsSince(1)).toEqual([]);
  });
});

describe('register refuses', () => {
  test('a transaction of another organisation, whatever the envelope says', async () => {
    expect(await codeOf(world.registration('army'), world.party('navy').officer)).toBe('ERR_ORGANISATION_CREATOR');
  });

  test('other roots than those pinned', async () => {
    await register();
    const roots = [world.party('army').ca.root, (await createTestCa('army')).root];
    expect(await codeOf(world.registration('army', { roots }))).toBe('ERR_ORGANISATION_EXISTS');
  });

  test('a root that is no authority', async () => {
    const roots = [world.party('army').officer.certificate];
    expect(await codeOf(world.registration('army', { roots }))).toBe('ERR_CERTIFICATE_MALFORMED');
  });

  test('an officer whose certificate is of another authority', async () => {
    const roots = [(await createTestCa('army')).root];
    expect(await codeOf(world.registration('army', { roots }))).toBe('ERR_CERTIFICATE_UNTRUSTED');
  });

  test('a certificate that is not the signer’s', async () => {
    const { certificate } = world.party('army').validator;
    expect(await codeOf(world.registration('army', { certificate }))).toBe('ERR_CERTIFICATE_UNKNOWN');
  });

  test('anyone but an officer', async () => {
    const { ca, validator } = world.party('army');
    const claims = { organisation: 'army', roots: [ca.root], certificate: validator.certificate };
    expect(await codeOf(world.state('consortium.register', validator, claims))).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('a forged signature', async () => {
    const party = world.party('army');
    const officer = { ...party.officer, signer: { ...party.officer.signer, privateKey: party.validator.privateKey } };
    world.parties.set('army', { ...party, officer });
    expect(await codeOf(world.registration('army'))).toBe('ERR_SIGNATURE_INVALID');
  });
});
