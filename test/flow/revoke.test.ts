// revoke, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { TestIdentity } from '../support/test-ca.ts';
import { createWorld } from './create-world.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const revoke = (who: TestIdentity, by = world.party('army').officer, name = who.name) =>
  world.call('consortium:revoke', [
    world.state('consortium.revoke', by, { name, certificate: who.signer.certificate, reason: 'key lost' }),
  ]);

describe('revoke', () => {
  test('marks the certificate with who, when and why', async () => {
    const agent = world.party('army').agents[0]!;
    const before = world.ledger.events.length;
    await revoke(agent);
    const page = world.stored(keys.roster('army', agent.signer.certificate));
    expect(page?.certificates[agent.signer.certificate]?.revoked).toEqual({
      at: world.at,
      by: 'army/officer',
      reason: 'key lost',
    });
    expect(world.eventsSince(before)).toEqual(['certificate.revoked']);
  });

  test('changes nothing the second time, and says since when', async () => {
    const agent = world.party('army').agents[0]!;
    expect(await revoke(agent)).not.toHaveProperty('duplicate');
    const before = world.ledger.events.length;
    const since = world.at;
    world.at += 5;
    expect(await revoke(agent)).toMatchObject({ at: since, duplicate: true });
    expect(world.eventsSince(before)).toEqual([]);
  });

  test('takes effect on the officer who revokes the own certificate', async () => {
    const { officer, agents } = world.party('army');
    await revoke(officer);
    expect((await refusalOf(revoke(agents[0]!))).code).toBe('ERR_CERTIFICATE_REVOKED');
  });

  test('does not come undone by enrolling again', async () => {
    const agent = world.party('army').agents[0]!;
    await revoke(agent);
    await world.enrol(agent);
    const page = world.stored(keys.roster('army', agent.signer.certificate));
    expect(page?.certificates[agent.signer.certificate]?.revoked).toBeDefined();
  });

  test('refuses a certificate of another organisation, one that is unknown, and another holder’s name', async () => {
    const { agents } = world.party('army');
    const unknown = await world.party('army').ca.issue({ name: 'unknown', role: 'agent' });
    expect((await refusalOf(revoke(world.party('navy').agents[0]!))).code).toBe('ERR_CERTIFICATE_UNKNOWN');
    expect((await refusalOf(revoke(unknown))).code).toBe('ERR_CERTIFICATE_UNKNOWN');
    expect((await refusalOf(revoke(agents[0]!, undefined, 'agent-2'))).code).toBe('ERR_CERTIFICATE_UNKNOWN');
  });

  test('refuses anyone but an officer', async () => {
    const { agents, validator } = world.party('army');
    expect((await refusalOf(revoke(agents[0]!, validator))).code).toBe('ERR_ROLE_FORBIDDEN');
  });
});
