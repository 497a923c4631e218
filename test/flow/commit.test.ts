// commit and reveal, through the chaincode: nobody can act on an update before all have committed to theirs.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { Verdict } from '../../protocol/src/round/record.ts';
import { commitmentOn } from '../../protocol/src/round/commitments-page.ts';
import type { TestIdentity } from '../support/test-ca.ts';
import { createWorld } from './create-world.ts';
import { artefactOf, ORGANISATIONS } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
const agent = (organisation = 'army', index = 0): TestIdentity => world.party(organisation).agents[index]!;
const codes = (verdicts: readonly Verdict[]): string[] => verdicts.map((v) => (v.ok ? 'ok' : v.error.code));
const commitTo = (who: TestIdentity, envelope = world.update(who)): Promise<Verdict[]> =>
  world.commit(world.commitment(who, envelope));

/** Everyone's first agent seals an update and commits to it. */
async function commitAll(): Promise<string[]> {
  const sealed = ORGANISATIONS.map((organisation) => world.update(agent(organisation)));
  const commitments = ORGANISATIONS.map((organisation, i) => world.commitment(agent(organisation), sealed[i]!));
  expect(codes(await world.commit(...commitments))).toEqual(['ok', 'ok', 'ok']);
  return sealed;
}

beforeEach(async () => {
  world = await createWorld();
  await world.openJob({ commitments: { updatesMs: 60_000 } });
});

describe('a round with commitments', () => {
  test('goes from commitments over updates to a close that names who kept back', async () => {
    const before = world.ledger.events.length;
    const [airforce, , navy] = await commitAll();
    const page = world.stored(keys.commitmentsPage(world.job, 1, 'army', 0));
    expect(page && commitmentOn(page, 'agent-1')).toMatchObject({ by: 'army/agent-1', at: world.at });
    await world.reveal();
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'open', commitments: { count: 3 } });
    expect(codes(await world.record(airforce!, navy!))).toEqual(['ok', 'ok']);
    world.at += 60_000;
    await world.close();
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'closed', withheld: ['army/agent-1'] });
    expect(world.eventsSince(before)).toEqual([
      ...['round.committed', 'round.committed', 'round.committed', 'round.revealed'],
      ...['round.updated', 'round.updated', 'round.closed'],
    ]);
  });

  test('shows its commitments to whoever asks for the round', async () => {
    await commitAll();
    const view = await world.call<{ commitments: { by: string }[] }>('rounds:get', [world.job, '1']);
    expect(view.commitments.map(({ by }) => by)).toEqual(['airforce/agent-1', 'army/agent-1', 'navy/agent-1']);
  });

  test('is abandoned when too few reveal, and names who kept back', async () => {
    const [, army] = await commitAll();
    await world.reveal();
    await world.record(army!);
    world.at += 60_001;
    await world.abandon();
    const withheld = ['airforce/agent-1', 'navy/agent-1'];
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'abandoned', withheld });
  });

  test('is abandoned when too few commit', async () => {
    await commitTo(agent());
    world.at += 60_001;
    expect((await refusalOf(world.reveal())).code).toBe('ERR_QUORUM_SHORT');
    await world.abandon();
    expect(world.stored(keys.round(world.job, 2))).toMatchObject({ phase: 'committing' });
  });
});

describe('nothing is shown too early, and nothing else is shown later', () => {
  test('an update while others commit is refused', async () => {
    expect(await world.recordRefused(world.update(agent()))).toBe('ERR_ROUND_PHASE');
  });

  test('an agent that read another’s update cannot enter with a copy of it', async () => {
    const [first] = await commitAll();
    await world.reveal();
    expect(codes(await world.record(first!))).toEqual(['ok']);
    const copied = { update: artefactOf('update of airforce/agent-1') };
    expect(await world.recordRefused(world.update(agent('navy', 1), copied))).toBe('ERR_COMMITMENT_MISSING');
    expect(await world.recordRefused(world.update(agent('navy'), copied))).toBe('ERR_COMMITMENT_MISMATCH');
  });

  test('committing to what another committed to shows nothing: the envelope is the other’s', async () => {
    const theirs = world.update(agent('army'));
    await world.commit(world.commitment(agent('army'), theirs), world.commitment(agent('navy'), theirs));
    world.at += 60_000;
    await world.reveal();
    expect(codes(await world.record(theirs))).toEqual(['ok']);
    const own = world.update(agent('navy'), { update: artefactOf('update of army/agent-1') });
    expect(await world.recordRefused(own)).toBe('ERR_COMMITMENT_MISMATCH');
  });

  test('a second commitment is refused, the same again gives the first receipt', async () => {
    await commitTo(agent());
    expect(codes(await commitTo(agent(), world.update(agent(), { examples: 9 })))).toEqual([
      'ERR_COMMITMENT_DUPLICATE',
    ]);
    const sealed = world.update(agent('navy'));
    const [one] = await commitTo(agent('navy'), sealed);
    world.at += 5;
    const [again] = await commitTo(agent('navy'), sealed);
    expect(again).toMatchObject({ ok: true, receipt: { duplicate: true, at: world.at - 5 } });
    expect(one).toMatchObject({ ok: true });
  });

  test('a validator cannot commit, an agent cannot reveal, and nobody reveals before all are in or the window is over', async () => {
    const { validator } = world.party('army');
    expect(codes(await world.commit(world.commitment(validator, 'x')))).toEqual(['ERR_ROLE_FORBIDDEN']);
    expect((await refusalOf(world.reveal({}, agent()))).code).toBe('ERR_ROLE_FORBIDDEN');
    expect((await refusalOf(world.reveal())).code).toBe('ERR_ROUND_EARLY');
  });
});

test('a job without commitments refuses them', async () => {
  await world.openJob({ name: 'plain' });
  expect(codes(await commitTo(agent()))).toEqual(['ERR_COMMITMENT_UNASKED']);
});
