// finalise, through the chaincode: the endorsements in the block are the votes.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { createClosedWorld } from './create-world.ts';
import { AGGREGATE, artefactOf, BASE } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createClosedWorld();
});

describe('finalise', () => {
  test('moves the model when m organisations agree, and opens the next round on it', async () => {
    await world.attest('army');
    await world.attest('navy');
    const before = world.ledger.events.length;
    await world.finalise(['army', 'navy']);
    expect(world.stored(keys.model(world.job))).toMatchObject({ model: AGGREGATE, from: 1, round: 2, finalised: 1 });
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'finalised', attestedBy: ['army', 'navy'] });
    expect(world.stored(keys.round(world.job, 2))).toMatchObject({ phase: 'open', base: AGGREGATE });
    expect(world.eventsSince(before)).toEqual(['round.finalised', 'round.opened']);
  });

  test('ends the job with its last round', async () => {
    world = await createClosedWorld({ rounds: 1 });
    await world.attest('army');
    await world.attest('navy');
    const before = world.ledger.events.length;
    await world.finalise(['army', 'navy']);
    expect(world.stored(keys.job(world.job))).toMatchObject({ status: 'finished' });
    expect(world.stored(keys.round(world.job, 2))).toBeUndefined();
    expect(world.eventsSince(before)).toEqual(['round.finalised', 'job.finished']);
  });

  test('is not endorsed by the peer of a dissenter, nor of one that is not named', async () => {
    await world.attest('army');
    await world.attest('navy');
    await world.attest('airforce', { aggregate: artefactOf('other') });
    const envelope = world.finalisation(['army', 'navy']);
    const call = world.call('rounds:finalise', [envelope], { endorsers: ['army', 'airforce'] });
    const refusal = await refusalOf(call);
    expect(refusal).toMatchObject({ code: 'ERR_ENDORSER_DISSENTS', details: { organisation: 'airforce' } });
  });

  test('is invalid where fewer peers endorsed than the model key takes', async () => {
    await world.attest('army');
    await world.attest('navy');
    const fate = await world.fateOf('rounds:finalise', [world.finalisation(['army', 'navy'])], ['army']);
    expect(fate).toBe('ENDORSEMENT_POLICY_FAILURE');
    expect(world.stored(keys.model(world.job))).toMatchObject({ model: BASE, round: 1 });
  });

  test('refuses fewer organisations than the quorum, and one that is named twice', async () => {
    await world.attest('army');
    expect((await refusalOf(world.finalise(['army']))).code).toBe('ERR_QUORUM_SHORT');
    expect((await refusalOf(world.finalise(['army', 'army']))).code).toBe('ERR_QUORUM_SHORT');
  });

  test('refuses organisations that do not agree, or did not attest', async () => {
    await world.attest('army');
    expect((await refusalOf(world.finalise(['army', 'navy']))).code).toBe('ERR_ATTESTATION_MISMATCH');
    expect((await refusalOf(world.finalise(['navy', 'army']))).code).toBe('ERR_ATTESTATION_MISMATCH');
    await world.attest('navy', { aggregate: artefactOf('other') });
    expect((await refusalOf(world.finalise(['army', 'navy']))).code).toBe('ERR_ATTESTATION_MISMATCH');
  });

  test('refuses another digest than the one attested', async () => {
    await world.attest('army');
    await world.attest('navy');
    const aggregate = artefactOf('other').digest;
    expect((await refusalOf(world.finalise(['army', 'navy'], { aggregate }))).code).toBe('ERR_ATTESTATION_MISMATCH');
  });

  test('refuses a transaction dated before the close', async () => {
    await world.attest('army');
    await world.attest('navy');
    world.at -= 10_000;
    expect((await refusalOf(world.finalise(['army', 'navy']))).code).toBe('ERR_ROUND_EARLY');
  });

  test('refuses a second finalisation, an open round, an unknown round, an unknown job', async () => {
    await world.attest('army');
    await world.attest('navy');
    await world.finalise(['army', 'navy']);
    expect((await refusalOf(world.finalise(['army', 'navy']))).code).toBe('ERR_ROUND_PHASE');
    expect((await refusalOf(world.finalise(['army', 'navy'], { round: 2 }))).code).toBe('ERR_ROUND_PHASE');
    expect((await refusalOf(world.finalise(['army', 'navy'], { round: 3 }))).code).toBe('ERR_ROUND_UNKNOWN');
    const job = '0'.repeat(32);
    expect((await refusalOf(world.finalise(['army', 'navy'], { job }))).code).toBe('ERR_JOB_UNKNOWN');
  });

  test('refuses an agent', async () => {
    await world.attest('army');
    await world.attest('navy');
    const [agent] = world.party('army').agents;
    const envelope = world.finalisation(['army', 'navy'], {}, agent);
    expect((await refusalOf(world.call('rounds:finalise', [envelope]))).code).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('cannot be passed by an attestation that is changed in the same block', async () => {
    await world.attest('army');
    await world.attest('navy');
    world.at += 1;
    const creator = world.party('army').officer;
    const endorse = (fn: string, envelope: string) =>
      world.ledger.endorse({ fn, args: [envelope], creator, at: world.at }, ['army', 'navy']);
    const changed = await endorse('rounds:attest', world.attestation('navy', { aggregate: artefactOf('other') }));
    const finalised = await endorse('rounds:finalise', world.finalisation(['army', 'navy']));
    expect(world.ledger.commit([changed, finalised], ['army', 'navy'])).toEqual(['VALID', 'MVCC_READ_CONFLICT']);
  });

  test('answers an agent who asks again after the round with the first receipt', async () => {
    await world.attest('army');
    await world.attest('navy');
    await world.finalise(['army', 'navy']);
    const [verdict] = await world.record(world.update(world.party('army').agents[0]!));
    expect(verdict).toMatchObject({ ok: true, receipt: { duplicate: true } });
  });
});
