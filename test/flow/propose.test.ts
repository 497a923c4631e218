// propose, through the chaincode.

import { beforeEach, describe, expect, test } from '@jest/globals';
import { keys } from '../../protocol/src/ledger/keys.ts';
import type { JobState } from '../../protocol/src/ledger/state.ts';
import { createWorld } from './create-world.ts';
import { termsWith } from './terms.ts';
import { refusalOf, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

describe('propose', () => {
  test('puts terms to the vote, by requester or officer, under an id that is the proposal’s digest', async () => {
    const before = world.ledger.events.length;
    const job = await world.propose();
    expect(job).toMatch(/^[0-9a-f]{32}$/);
    expect(world.stored(keys.job(job))).toMatchObject({ job, status: 'proposed', proposedBy: 'army/requester' });
    expect(world.eventsSince(before)).toEqual(['job.proposed']);
    expect(await world.propose(termsWith(), world.party('navy').officer)).not.toBe(job);
  });

  test('refuses the same proposal again', async () => {
    await world.propose();
    expect((await refusalOf(world.propose())).code).toBe('ERR_JOB_EXISTS');
  });

  test('refuses terms that contradict each other', async () => {
    const quorum = { approvals: 2, attestations: 1 };
    expect((await refusalOf(world.propose(termsWith({ quorum })))).code).toBe('ERR_JOB_TERMS');
    const rule = { name: 'fed-magic', options: {} };
    expect((await refusalOf(world.propose(termsWith({ rule })))).code).toBe('ERR_JOB_TERMS');
  });

  test('refuses a proposer whose organisation is not part of the job', async () => {
    const terms = termsWith({ organisations: ['airforce', 'navy'] });
    expect((await refusalOf(world.propose(terms))).code).toBe('ERR_JOB_OUTSIDER');
  });

  test('refuses organisations that are not registered', async () => {
    const terms = termsWith({ organisations: ['army', 'navy', 'nobody'] });
    const refusal = await refusalOf(world.propose(terms));
    expect(refusal).toMatchObject({ code: 'ERR_ORGANISATION_UNKNOWN', details: { organisation: 'nobody' } });
  });

  test('refuses a role that does not propose', async () => {
    const [agent] = world.party('army').agents;
    expect((await refusalOf(world.propose(termsWith(), agent))).code).toBe('ERR_ROLE_FORBIDDEN');
  });
});

describe('jobs:list and jobs:get', () => {
  interface List {
    readonly items: readonly JobState[];
    readonly bookmark: string;
  }

  test('list all jobs, page by page', async () => {
    const jobs: string[] = [];
    for (const seed of [1, 2, 3]) jobs.push(await world.propose(termsWith({ seed })));
    const first = await world.call<List>('jobs:list', ['2', '']);
    const second = await world.call<List>('jobs:list', ['2', first.bookmark]);
    expect([...first.items, ...second.items].map(({ job }) => job)).toEqual(jobs.sort());
    expect(second.bookmark).toBe('');
  });

  test('list nothing where there is no job', async () => {
    expect(await world.call<List>('jobs:list', ['2', ''])).toEqual({ items: [], bookmark: '' });
  });

  test.each(['0', '201', 'many', '-1', '1.5'])('refuse a page of %s', async (size) => {
    expect((await refusalOf(world.call('jobs:list', [size, '']))).code).toBe('ERR_DOCUMENT_INVALID');
  });

  test('give a job, with its model once it is approved', async () => {
    const job = await world.propose();
    expect(await world.call('jobs:get', [job])).toEqual({ job: world.stored(keys.job(job)), model: null });
    await world.vote('army');
    await world.vote('navy');
    expect(await world.call('jobs:get', [job])).toMatchObject({ model: { round: 1 } });
  });

  test('refuse a job that is unknown', async () => {
    expect((await refusalOf(world.call('jobs:get', ['0'.repeat(32)]))).code).toBe('ERR_JOB_UNKNOWN');
  });
});
