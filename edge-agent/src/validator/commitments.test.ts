// Rounds whose updates or attestations are committed to before any is shown, over a ledger in memory.

import { isSelected } from '@muster/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import type { Gateway } from '../client/index.ts';
import { ended, Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse, type Rehearsal } from '../../../test/support/rehearsal/rehearsal.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';

const organisations = ['army', 'marines', 'navy'];
const [own, ...others] = organisations as [string, ...string[]];
let members: Members;

beforeAll(async () => {
  members = await Members.create();
});
afterEach(() => members.stop());
afterAll(() => members.remove());

const typesOf = (rehearsal: Rehearsal, ...types: readonly string[]): string[] =>
  rehearsal.consortium.events.map(({ type }) => type as string).filter((type) => types.includes(type));

describe('a round', () => {
  test('with commitments shows no update before all have committed, over an agent that is started anew', async () => {
    const rehearsal = await rehearse(organisations);
    for (const organisation of organisations) await members.startValidator(rehearsal, organisation);
    const first = new AbortController();
    const state = await members.state();
    const killed = await members.startAgent(rehearsal, own, { state, signal: first.signal });
    const commitments = { updatesMs: 60_000 };
    const job = await rehearsal.startJob(members.options(organisations.length, { rounds: 2, commitments }));
    const found = await waitFor('the first commitment', () => {
      const round = rehearsal.consortium.jobs.get(job)?.rounds.get(1);
      return round?.commitments.has(own) === true ? round : undefined;
    });
    first.abort();
    await killed.ended;
    expect([found.commitments.size, found.updates.size]).toEqual([1, 0]);
    await members.startAgent(rehearsal, own, { state });
    for (const organisation of others) await members.startAgent(rehearsal, organisation);
    const last = await ended(rehearsal, job, 2);
    expect(last).toMatchObject({ phase: 'finalised', commitments: { count: 3 }, updates: { count: 3 }, withheld: [] });
    expect(rehearsal.consortium.round(job, 1).state).toMatchObject({ phase: 'finalised', updates: { count: 3 } });
    const order = typesOf(rehearsal, 'round.committed', 'round.revealed', 'round.updated');
    const revealed = order.indexOf('round.revealed');
    expect(order.slice(0, revealed)).toEqual(organisations.map(() => 'round.committed'));
  });

  test('shows no attestation before all have committed to theirs, over a validator that is started anew', async () => {
    const rehearsal = await rehearse(organisations);
    for (const organisation of organisations) await members.startAgent(rehearsal, organisation);
    const first = new AbortController();
    const state = await members.state();
    const puts: string[] = [];
    const watchful = (organisation: string): Gateway => {
      const gateway = rehearsal.gateway(organisation);
      const putArtefact: Gateway['putArtefact'] = async (bytes) => {
        const artefact = await gateway.putArtefact(bytes);
        puts.push(artefact.cid);
        return artefact;
      };
      return { ...gateway, putArtefact };
    };
    const killed = await members.startValidator(rehearsal, own, {
      gateway: watchful(own),
      signal: first.signal,
      state,
    });
    const rule = { name: 'fed-avg-m', options: {} };
    const terms = { rounds: 2, rule, commitments: { attestationsMs: 60_000 }, quorum: { attestations: 3 } };
    const job = await rehearsal.startJob(members.options(organisations.length, terms));
    const held = await waitFor('the first commitment', () =>
      rehearsal.consortium.jobs.get(job)?.rounds.get(1)?.attestationCommitments.get(own),
    );
    first.abort();
    await killed.ended;
    expect(puts).toEqual([]);
    await members.startValidator(rehearsal, own, { gateway: watchful(own), state });
    for (const organisation of others) {
      await members.startValidator(rehearsal, organisation, { gateway: watchful(organisation) });
    }
    const last = await ended(rehearsal, job, 2);
    expect(last).toMatchObject({ phase: 'finalised', committedBy: organisations, dependent: [] });
    const { state: round, attestations, attestationCommitments } = rehearsal.consortium.round(job, 1);
    expect(attestationCommitments.get(own)).toEqual(held);
    expect(attestations.get(own)).toMatchObject({ independent: true, aggregate: round.model, carry: round.carry });
    const order = typesOf(rehearsal, 'round.committed', 'round.revealed', 'round.attested');
    expect(order.slice(0, 4)).toEqual([...organisations.map(() => 'round.committed'), 'round.revealed']);
    const left = (await readdir(members.folder, { recursive: true })).filter((path) => path.endsWith('.artefact'));
    expect(left).toEqual([]);
  });

  test('is revealed without a validator that never came, which then attests as one that is not independent', async () => {
    const four = [...organisations, 'spaceforce'];
    const rehearsal = await rehearse(four);
    await members.startAll(rehearsal, organisations);
    const terms = { commitments: { attestationsMs: 5000 }, quorum: { attestations: 4 } };
    const job = await rehearsal.startJob(members.options(organisations.length, terms));
    // on a busy machine the window of a round may be over before two have committed: the next comes
    const { state, attestationCommitments } = await waitFor('the attestations of three', () =>
      [...(rehearsal.consortium.jobs.get(job)?.rounds.values() ?? [])].find(
        ({ attestations }) => attestations.size === 3,
      ),
    );
    await members.startValidator(rehearsal, 'spaceforce');
    const round = await ended(rehearsal, job, state.round);
    // or before the third has
    const committed = organisations.filter((name) => attestationCommitments.has(name));
    expect(committed.length).toBeGreaterThanOrEqual(2);
    const dependent = four.filter((name) => !committed.includes(name));
    expect(round).toMatchObject({ committedBy: committed, attestedBy: four, dependent });
    expect(dependent).toContain('spaceforce');
  });

  test('takes agents by lot once organisations have revealed what they committed to, and the others rest', async () => {
    const rehearsal = await rehearse(organisations);
    await members.startAll(rehearsal);
    const terms = {
      ...{ rounds: 4, selection: { perMille: 500 }, participation: { minimum: 1, complete: 3 } },
      ...{ windows: { updatesMs: 3000 }, limits: { abandoned: 20 } },
    };
    const job = await rehearsal.startJob(members.options(organisations.length, terms));
    await waitFor('the end of the job', () =>
      rehearsal.consortium.job(job).state.status === 'finished' ? true : undefined,
    );
    const rounds = [...rehearsal.consortium.job(job).rounds.values()];
    expect(rounds.slice(0, 2).map(({ state }) => state.seed)).toEqual([undefined, undefined]);
    const drawn = rounds.filter(({ state }) => state.seed !== undefined);
    expect(new Set(drawn.map(({ state }) => state.seed)).size).toBe(drawn.length);
    expect(drawn.length).toBeGreaterThanOrEqual(2);
    for (const { state, updates } of drawn) {
      const recorded = [...updates.keys()].sort();
      const taken = organisations.filter((name) => isSelected(terms, state, `${name}/agent-1`));
      expect(taken).toEqual(expect.arrayContaining(recorded));
    }
  });
});
