// What a rule carries from round to round, through the chaincode: attested with the model, and handed to the next round.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { createClosedWorld } from './create-world.ts';
import { AGGREGATE, artefactOf } from './terms.ts';
import { refusalOf, type World } from './world.ts';

const rule = { name: 'fed-adam', options: {} };
const carry = artefactOf('carry');
const agreeing = ['army', 'navy'];

let world: World;
beforeEach(async () => {
  world = await createClosedWorld({ rule });
});

async function attestAll(claims: Record<string, unknown>): Promise<void> {
  for (const organisation of agreeing) await world.attest(organisation, claims);
}

describe('carry', () => {
  test('comes with the model, and goes with it into the next round', async () => {
    expect(world.stored(keys.round(world.job, 1))).not.toHaveProperty('baseCarry');
    await attestAll({ carry });
    await world.finalise(agreeing);
    expect(world.stored(keys.attestation(world.job, 1, 'army'))).toMatchObject({ carry });
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'finalised', model: AGGREGATE, carry });
    expect(world.stored(keys.model(world.job))).toMatchObject({ model: AGGREGATE, carry, round: 2 });
    const next = world.stored(keys.round(world.job, 2));
    expect(next).toMatchObject({ phase: 'open', base: AGGREGATE, baseCarry: carry });
    expect(next).not.toHaveProperty('carry');
  });

  test('stays what it was where a round is abandoned', async () => {
    await attestAll({ carry });
    await world.finalise(agreeing);
    world.at += 60_001;
    await world.abandon({ round: 2 });
    expect(world.stored(keys.round(world.job, 3))).toMatchObject({ base: AGGREGATE, baseCarry: carry });
  });

  test('is part of what organisations agree on', async () => {
    await world.attest('army', { carry });
    await world.attest('navy', { carry: artefactOf('another') });
    expect((await refusalOf(world.finalise(agreeing))).code).toBe('ERR_ATTESTATION_MISMATCH');
  });

  test('is named by agents that train by it, and by no others: an update by another is refused', async () => {
    world = await createClosedWorld({ rule: { name: 'scaffold', options: { rate: 1, agents: 3 } } });
    await attestAll({ carry });
    await world.finalise(agreeing);
    const agent = world.party('army').agents[0]!;
    const second = { round: 2, base: AGGREGATE.digest };
    expect(await world.recordRefused(world.update(agent, second))).toBe('ERR_ROUND_CARRY');
    const shown = { ...second, carry: artefactOf('what a gateway made up').digest };
    expect(await world.recordRefused(world.update(agent, shown))).toBe('ERR_ROUND_CARRY');
    const [verdict] = await world.record(world.update(agent, { ...second, carry: carry.digest }));
    expect(verdict).toMatchObject({ ok: true });
  });

  test('is missed where the rule carries something, and refused where it carries nothing', async () => {
    expect(await refusalOf(world.attest('army'))).toMatchObject({
      code: 'ERR_ATTESTATION_MISMATCH',
      details: { field: 'carry', value: 'absent', expected: 'present' },
    });
    const plain = await createClosedWorld();
    expect(await refusalOf(plain.attest('army', { carry }))).toMatchObject({
      code: 'ERR_ATTESTATION_MISMATCH',
      details: { field: 'carry', value: 'present', expected: 'absent' },
    });
  });
});
