// attest, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { createClosedWorld, createWorld } from './create-world.ts';
import { artefactOf, termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const codeOf = async (organisation: string, claims: Record<string, unknown> = {}): Promise<string> =>
  (await refusalOf(world.attest(organisation, claims))).code;

describe('attest', () => {
  beforeEach(async () => {
    world = await createClosedWorld();
  });

  test('records what an organisation’s validator found', async () => {
    const before = world.ledger.events.length;
    await world.attest('army');
    expect(world.stored(keys.attestation(world.job, 1, 'army'))).toMatchObject({ by: 'army/validator', at: world.at });
    expect(world.eventsSince(before)).toEqual(['round.attested']);
    expect(await world.call('rounds:get', [world.job, '1'])).toMatchObject({
      attestations: [{ organisation: 'army' }],
    });
  });

  test('lets a newer one replace it, and refuses an older one', async () => {
    await world.attest('army');
    const old = world.attestation('army', { iat: world.at - 1, aggregate: artefactOf('stale') });
    world.at += 1;
    await world.attest('army', { aggregate: artefactOf('corrected') });
    expect(world.stored(keys.attestation(world.job, 1, 'army'))?.aggregate).toEqual(artefactOf('corrected'));
    expect((await refusalOf(world.call('rounds:attest', [old]))).code).toBe('ERR_ENVELOPE_STALE');
  });

  test('refuses the same again as a replay', async () => {
    await world.attest('army');
    expect(await codeOf('army')).toBe('ERR_ENVELOPE_REPLAYED');
  });

  test('accepts an exclusion that leaves enough updates', async () => {
    await world.attest('army', { excluded: [{ by: 'navy/agent-1', code: 'ERR_ARTEFACT_UNKNOWN' }] });
    expect(world.stored(keys.attestation(world.job, 1, 'army'))?.excluded).toHaveLength(1);
  });

  test('refuses exclusions that leave too few updates', async () => {
    const excluded = ['army/agent-1', 'navy/agent-1'].map((by) => ({ by, code: 'ERR_ARTEFACT_UNKNOWN' }));
    expect(await codeOf('army', { excluded })).toBe('ERR_QUORUM_SHORT');
  });

  test('refuses another set of updates, and exclusions out of order', async () => {
    const updates = { count: 3, root: artefactOf('other').digest };
    expect(await codeOf('army', { updates })).toBe('ERR_ATTESTATION_MISMATCH');
    const excluded = ['navy/agent-1', 'army/agent-1'].map((by) => ({ by, code: 'ERR_ARTEFACT_UNKNOWN' }));
    expect(await codeOf('army', { excluded })).toBe('ERR_ATTESTATION_MISMATCH');
  });

  test('refuses another base model', async () => {
    expect(await codeOf('army', { base: artefactOf('other').digest })).toBe('ERR_ROUND_BASE');
  });

  test('refuses after the window, and transactions dated before the close', async () => {
    world.at += 60_001;
    expect(await codeOf('army')).toBe('ERR_ROUND_LATE');
    world.at -= 70_000;
    expect(await codeOf('army')).toBe('ERR_ROUND_EARLY');
  });

  test('refuses anyone but a validator, and a forged signature', async () => {
    const { officer, validator } = world.party('army');
    const forged = { ...validator, signer: { ...validator.signer, privateKey: officer.privateKey } };
    const attest = (envelope: string) => refusalOf(world.call('rounds:attest', [envelope]));
    expect((await attest(world.attestation('army', {}, officer))).code).toBe('ERR_ROLE_FORBIDDEN');
    expect((await attest(world.attestation('army', {}, forged))).code).toBe('ERR_SIGNATURE_INVALID');
  });

  test('refuses an unknown job', async () => {
    expect(await codeOf('army', { job: '0'.repeat(32) })).toBe('ERR_JOB_UNKNOWN');
  });
});

test('attest refuses a round that is still open', async () => {
  world = await createWorld();
  await world.openJob();
  const updates = { count: 3, root: artefactOf('x').digest };
  expect(await codeOf('army', { updates })).toBe('ERR_ROUND_PHASE');
});

test('attest refuses an organisation that is not part of the job', async () => {
  world = await createWorld();
  await world.propose(termsWith({ organisations: ['army', 'navy'] }));
  await world.vote('army');
  await world.vote('navy');
  const updates = { count: 3, root: artefactOf('x').digest };
  expect(await codeOf('airforce', { updates })).toBe('ERR_JOB_OUTSIDER');
});
