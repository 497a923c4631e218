// close, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { commitUpdates } from '../../protocol/src/round/updates-page.ts';
import type { RoundState, UpdateRecord } from '../../protocol/src/ledger/state.ts';
import { createWorld } from './create-world.ts';
import { BASE, ORGANISATIONS, termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.openJob();
});

const agent = (organisation: string) => world.party(organisation).agents[0]!;

describe('close', () => {
  test('commits to the updates in order of their agents’ names, once all hoped for are in', async () => {
    await world.recordAll();
    const before = world.ledger.events.length;
    await world.close();
    const { round, updates, attestations } = await world.call<{
      round: RoundState;
      updates: UpdateRecord[];
      attestations: unknown[];
    }>('rounds:get', [world.job, '1']);
    expect(updates.map(({ by }) => by)).toEqual(ORGANISATIONS.map((organisation) => `${organisation}/agent-1`));
    expect(round).toMatchObject({ phase: 'closed', closedAt: world.at, attestationsUntil: world.at + 60_000 });
    expect(round.updates).toEqual(commitUpdates(updates));
    expect(attestations).toEqual([]);
    expect(world.eventsSince(before)).toEqual(['round.closed']);
  });

  test('waits for the window’s end while updates are hoped for, then takes the minimum', async () => {
    await world.record(world.update(agent('army')), world.update(agent('navy')));
    expect((await refusalOf(world.close())).code).toBe('ERR_ROUND_EARLY');
    world.at += 60_000;
    await world.close({}, world.party('navy').officer);
    expect(world.stored(keys.round(world.job, 1))?.updates?.count).toBe(2);
  });

  test('refuses fewer updates than the minimum', async () => {
    await world.record(world.update(agent('army')));
    world.at += 60_000;
    expect((await refusalOf(world.close())).code).toBe('ERR_QUORUM_SHORT');
  });

  test('refuses to close twice, an unknown round, an unknown job', async () => {
    await world.recordAll();
    await world.close();
    expect((await refusalOf(world.close())).code).toBe('ERR_ROUND_PHASE');
    expect((await refusalOf(world.close({ round: 2 }))).code).toBe('ERR_ROUND_UNKNOWN');
    expect((await refusalOf(world.close({ job: '0'.repeat(32) }))).code).toBe('ERR_JOB_UNKNOWN');
  });

  test('refuses an agent', async () => {
    await world.recordAll();
    expect((await refusalOf(world.close({}, agent('army')))).code).toBe('ERR_ROLE_FORBIDDEN');
  });
});

test('rounds:get refuses a round that is no number, unknown or of an unknown job', async () => {
  expect((await refusalOf(world.call('rounds:get', [world.job, 'one']))).code).toBe('ERR_DOCUMENT_INVALID');
  expect((await refusalOf(world.call('rounds:get', [world.job, '2']))).code).toBe('ERR_ROUND_UNKNOWN');
  expect((await refusalOf(world.call('rounds:get', ['0'.repeat(32), '1']))).code).toBe('ERR_JOB_UNKNOWN');
});

test('close, finalise and abandon are refused to organisations that are not part of the job', async () => {
  world = await createWorld();
  await world.propose(termsWith({ organisations: ['army', 'navy'] }));
  await world.vote('army');
  await world.vote('navy');
  const { officer } = world.party('airforce');
  expect((await refusalOf(world.close({}, officer))).code).toBe('ERR_JOB_OUTSIDER');
  expect((await refusalOf(world.abandon({}, officer))).code).toBe('ERR_JOB_OUTSIDER');
  const claims = { job: world.job, round: 1, aggregate: BASE.digest, organisations: ['army'] };
  const envelope = world.state('round.finalise', officer, claims);
  expect((await refusalOf(world.call('rounds:finalise', [envelope]))).code).toBe('ERR_JOB_OUTSIDER');
});
