// abandon, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { createClosedWorld, createWorld } from './create-world.ts';
import { BASE } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const codeOf = async (claims: Record<string, unknown> = {}): Promise<string> =>
  (await refusalOf(world.abandon(claims))).code;

describe('abandon of an open round', () => {
  beforeEach(async () => {
    world = await createWorld();
    await world.openJob();
  });

  test('opens the next on the same base once the window ended with too few updates', async () => {
    await world.record(world.update(world.party('army').agents[0]!));
    world.at += 60_001;
    const before = world.ledger.events.length;
    await world.abandon();
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'abandoned', reason: 'too few updates' });
    expect(world.stored(keys.round(world.job, 2))).toMatchObject({ phase: 'open', base: BASE });
    expect(world.stored(keys.model(world.job))).toMatchObject({ round: 2, abandoned: 1, from: 0 });
    expect(world.eventsSince(before)).toEqual(['round.abandoned', 'round.opened']);
  });

  test('fails the job when too many were abandoned', async () => {
    world.at += 60_001;
    await world.abandon();
    world.at += 60_001;
    const before = world.ledger.events.length;
    await world.abandon({ round: 2 });
    expect(world.stored(keys.job(world.job))).toMatchObject({ status: 'failed' });
    expect(world.stored(keys.round(world.job, 3))).toBeUndefined();
    expect(world.eventsSince(before)).toEqual(['round.abandoned', 'job.failed']);
  });

  test('is refused while the window lasts, and when enough updates are in', async () => {
    expect(await codeOf()).toBe('ERR_ROUND_EARLY');
    await world.recordAll();
    world.at += 60_001;
    expect(await codeOf()).toBe('ERR_ROUND_PHASE');
  });

  test('is refused to an agent, for an unknown round and for an unknown job', async () => {
    const [agent] = world.party('army').agents;
    expect((await refusalOf(world.abandon({}, agent))).code).toBe('ERR_ROLE_FORBIDDEN');
    expect(await codeOf({ round: 2 })).toBe('ERR_ROUND_UNKNOWN');
    expect(await codeOf({ job: '0'.repeat(32) })).toBe('ERR_JOB_UNKNOWN');
  });

  test('is invalid where fewer peers endorsed than the model key takes', async () => {
    world.at += 60_001;
    const claims = { job: world.job, round: 1, reason: 'too few updates' };
    const envelope = world.state('round.abandon', world.party('army').officer, claims);
    expect(await world.fateOf('rounds:abandon', [envelope], ['army'])).toBe('ENDORSEMENT_POLICY_FAILURE');
  });
});

describe('abandon of a closed round', () => {
  beforeEach(async () => {
    world = await createClosedWorld();
  });

  test('is possible once the window for attestations ended', async () => {
    expect(await codeOf()).toBe('ERR_ROUND_EARLY');
    world.at += 60_000;
    await world.abandon();
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'abandoned' });
  });

  test('is refused once it was finalised', async () => {
    await world.attest('army');
    await world.attest('navy');
    await world.finalise(['army', 'navy']);
    world.at += 60_001;
    expect(await codeOf()).toBe('ERR_ROUND_PHASE');
  });
});
