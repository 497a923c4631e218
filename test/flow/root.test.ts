// root, through the chaincode: what validators train on the job's root data, beside the agents' updates and never among them.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import { commitRoots } from '../../protocol/src/round/root.ts';
import type { RootState } from '../../protocol/src/ledger/state.ts';
import type { Terms } from '../../protocol/src/job/terms.ts';
import { createWorld } from './create-world.ts';
import { AGGREGATE, artefactOf, ORGANISATIONS, termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

const rooted: Partial<Terms> = {
  rule: { name: 'fltrust', options: {} },
  root: {
    data: artefactOf('root data'),
    layout: { shape: [4], dtype: 'float32', target: { kind: 'class', classes: 2 }, examples: 3 },
    epochs: 1,
  },
};

let world: World;
const rootOf = (organisation: string) => world.stored(keys.root(world.job, 1, organisation));
const codeOf = async (call: Promise<unknown>): Promise<string> => (await refusalOf(call)).code;
const send = (envelope: string): Promise<unknown> => world.call('rounds:root', [envelope]);

beforeEach(async () => {
  world = await createWorld();
  await world.openJob(rooted);
});

describe('root updates', () => {
  test('come from the round’s opening to its model, and everybody’s may be the same', async () => {
    const before = world.ledger.events.length;
    await world.recordRoot('navy');
    await world.recordAll();
    expect(await codeOf(world.close())).toBe('ERR_QUORUM_SHORT');
    await world.recordRoot('army');
    await world.close();
    const view = await world.call<{ roots: RootState[]; updates: unknown[] }>('rounds:get', [world.job, '1']);
    expect(view.roots.map(({ by }) => by)).toEqual(['army/validator', 'navy/validator']);
    expect(view.roots[0]!.update).toEqual(view.roots[1]!.update);
    expect(view.updates).toHaveLength(ORGANISATIONS.length);
    const { rootUpdates, updates } = world.stored(keys.round(world.job, 1))!;
    expect(rootUpdates).toEqual(commitRoots(view.roots));
    expect(updates?.count).toBe(ORGANISATIONS.length);
    for (const organisation of ['army', 'navy']) {
      await world.attest(organisation, { rootUpdates: { ...rootUpdates, excluded: [] } });
    }
    await world.finalise(['army', 'navy']);
    expect(world.stored(keys.model(world.job))?.model).toEqual(AGGREGATE);
    expect(world.eventsSince(before).filter((type) => type === 'round.rooted')).toHaveLength(2);
  });

  test('must be the ledger’s own in an attestation, and the same in all that agree', async () => {
    for (const organisation of ORGANISATIONS) await world.recordRoot(organisation);
    await world.recordAll();
    await world.close();
    expect(await codeOf(world.attest('army'))).toBe('ERR_ATTESTATION_MISMATCH');
    const counted = world.stored(keys.round(world.job, 1))!.rootUpdates!;
    const excluded = [{ by: 'airforce/validator', code: 'ERR_ARTEFACT_UNKNOWN' }];
    await world.attest('army', { rootUpdates: { ...counted, excluded } });
    await world.attest('navy', { rootUpdates: { ...counted, excluded: [] } });
    expect(await codeOf(world.finalise(['army', 'navy']))).toBe('ERR_ATTESTATION_MISMATCH');
    const all = ORGANISATIONS.map((name) => ({ by: `${name}/validator`, code: 'ERR_ARTEFACT_UNKNOWN' }));
    const many = { ...counted, excluded: all.slice(0, 2) };
    expect(await codeOf(world.attest('airforce', { rootUpdates: many }))).toBe('ERR_QUORUM_SHORT');
  });

  test('are one an organisation: the same again is a replay, another a duplicate', async () => {
    await world.recordRoot('army');
    expect(await codeOf(world.recordRoot('army'))).toBe('ERR_ENVELOPE_REPLAYED');
    expect(await codeOf(world.recordRoot('army', { update: artefactOf('other') }))).toBe('ERR_UPDATE_DUPLICATE');
    expect(rootOf('army')?.update).toEqual(artefactOf('root'));
  });

  test('come from validators alone', async () => {
    const { agents, officer } = world.party('army');
    for (const who of [agents[0]!, officer])
      expect(await codeOf(send(world.rootUpdate(who)))).toBe('ERR_ROLE_FORBIDDEN');
    expect(await world.recordRefused(world.update(world.party('army').validator))).toBe('ERR_ROLE_FORBIDDEN');
  });

  test('are refused on another base, too large, of an unknown job or round, late and back-dated', async () => {
    const { validator } = world.party('army');
    const large = { ...artefactOf('root'), size: 1001 };
    expect(await codeOf(world.recordRoot('army', { base: artefactOf('x').digest }))).toBe('ERR_ROUND_BASE');
    expect(await codeOf(world.recordRoot('army', { update: large }))).toBe('ERR_UPDATE_LIMIT');
    expect(await codeOf(world.recordRoot('army', { round: 2 }))).toBe('ERR_ROUND_UNKNOWN');
    expect(await codeOf(world.recordRoot('army', { job: '0'.repeat(32) }))).toBe('ERR_JOB_UNKNOWN');
    const envelope = world.rootUpdate(validator);
    world.at += 60_001;
    expect(await codeOf(send(envelope))).toBe('ERR_ROUND_LATE');
    world.at -= 60_002;
    expect(await codeOf(send(envelope))).toBe('ERR_ROUND_EARLY');
  });

  test('are too late once the round is closed', async () => {
    for (const organisation of ['army', 'navy']) await world.recordRoot(organisation);
    await world.recordAll();
    await world.close();
    expect(await codeOf(world.recordRoot('airforce'))).toBe('ERR_ROUND_PHASE');
  });

  test('let a round be abandoned where too few of them come, though its updates are enough', async () => {
    await world.recordAll();
    await world.recordRoot('army');
    world.at += 60_001;
    expect(await codeOf(world.close())).toBe('ERR_QUORUM_SHORT');
    await world.abandon();
    expect(world.stored(keys.round(world.job, 1))).toMatchObject({ phase: 'abandoned' });
  });

  test('may come while agents commit to their updates, and need no commitment themselves', async () => {
    await world.openJob({ ...rooted, name: 'committed', commitments: { updatesMs: 60_000 } });
    await world.recordRoot('army');
    expect(rootOf('army')).toMatchObject({ by: 'army/validator' });
  });
});

test('a job takes root updates only where it has root data, which its rule must ask for', async () => {
  await world.openJob({ name: 'plain' });
  expect(await codeOf(world.recordRoot('army'))).toBe('ERR_ROOT_UNASKED');
  const fields = async (changes: Partial<Terms>): Promise<unknown> =>
    (await refusalOf(world.propose(termsWith(changes)))).details;
  expect(await fields({ rule: { name: 'fltrust', options: {} } })).toMatchObject({ issues: [{ field: 'root' }] });
  const unasked = { ...rooted, rule: { name: 'fed-avg', options: {} } };
  expect(await fields(unasked)).toMatchObject({ issues: [{ field: 'root' }] });
});

test('root updates are refused to organisations that are not part of the job', async () => {
  await world.propose(termsWith({ ...rooted, organisations: ['army', 'navy'] }));
  await world.vote('army');
  await world.vote('navy');
  expect(await codeOf(world.recordRoot('airforce'))).toBe('ERR_JOB_OUTSIDER');
});
