// Attackers among honest agents, over a ledger in memory: what they send counts by the ledger's rules, and what that does.

import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeTensors, MusterError, type AttestationState, type UpdateRecord } from '@muster/protocol';
import { Members } from '../../../test/support/rehearsal/members.ts';
import { rehearse, syntheticShard, type Rehearsal } from '../../../test/support/rehearsal/rehearsal.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';
import { agentConfigSchema } from '../config.ts';
import type { JobOptions } from '../job/index.ts';
import { silentLog } from '../watch/index.ts';
import { runAttackers, type Attacker } from './attackers.ts';
import { attackersConfigSchema } from './run.ts';

const HONEST = ['agent-1', 'agent-2', 'agent-3'];
const MALICIOUS = ['agent-4', 'agent-5'];
let members: Members;

beforeAll(async () => {
  members = await Members.create();
});
afterEach(() => members.stop());
afterAll(() => members.remove());

/** Three honest agents, a validator and two attackers of one organisation. */
async function muster(attack: string): Promise<Rehearsal> {
  const rehearsal = await rehearse(['army']);
  const gateway = rehearsal.gateway('army');
  for (const name of HONEST) await members.startAgent(rehearsal, 'army', { name });
  await members.startValidator(rehearsal, 'army');
  const attackers = await Promise.all(
    MALICIOUS.map(async (name): Promise<Attacker> => {
      const member = await rehearsal.member('army', name, 'agent');
      return { member, gateway, data: (await syntheticShard('spoilt', 20)).data };
    }),
  );
  members.run((common) => runAttackers({ ...common, attackers, attack, seed: 1 }));
  return rehearsal;
}

interface Ended {
  readonly updates: readonly UpdateRecord[];
  readonly attestation: AttestationState;
}

/** The end of a job of some rounds: its last one. */
async function play(rehearsal: Rehearsal, options: Partial<JobOptions> = {}): Promise<Ended> {
  const { rounds = 1 } = options;
  const job = await rehearsal.startJob(members.options(5, { ...options, rounds }));
  await waitFor('the end of the job', () =>
    rehearsal.consortium.jobs.get(job)?.state.status === 'finished' ? true : undefined,
  );
  const { updates } = await rehearsal.gateway('army').round(job, rounds);
  return { updates, attestation: rehearsal.consortium.round(job, rounds).attestations.get('army')! };
}

const ATTACKERS = MALICIOUS.map((name) => `army/${name}`);
const bytesOf = ({ store }: Rehearsal, updates: readonly UpdateRecord[], by: string): Int32Array[] => {
  const record = updates.find((each) => each.by === by)!;
  return decodeTensors(store.get(record.update.cid)!).map(({ data }) => data as Int32Array);
};

describe('attackers', () => {
  test('turn the mean of honest updates round; of updates that differ by one unit all count, and a robust rule bears them', async () => {
    const rehearsal = await muster('ipm');
    const robust = { name: 'median', options: { maliciousPercent: 30 } };
    const [plain, borne] = await Promise.all([
      play(rehearsal, { rounds: 2 }),
      play(rehearsal, { rounds: 2, rule: robust, participation: { minimum: 5 } }),
    ]);
    for (const { updates, attestation } of [plain, borne]) {
      expect([updates.length, attestation.excluded]).toEqual([5, []]);
      const [first, second] = ATTACKERS.map((by) => bytesOf(rehearsal, updates, by).flatMap((data) => [...data]));
      expect(first!.filter((value, i) => value !== second![i]).length).toBeLessThanOrEqual(2);
    }
    expect(borne.attestation.evaluation.lossMicro).toBeLessThan(plain.attestation.evaluation.lossMicro);
  });

  test.each([
    ['', {}],
    [', where only attestations are committed to as well', { commitments: { attestationsMs: 60_000 } }],
  ])('who copy are left out by name%s', async (_title, options) => {
    const { attestation, updates } = await play(await muster('copy'), { participation: { minimum: 3 }, ...options });
    expect(updates).toHaveLength(5);
    expect(attestation.excluded).toEqual(ATTACKERS.map((by) => ({ by, code: 'ERR_UPDATE_COPIED' })));
  });

  test('commit before they have read anything where the job has commitments, and copy nothing then', async () => {
    const rehearsal = await muster('copy');
    const { attestation, updates } = await play(rehearsal, { commitments: { updatesMs: 60_000 }, rounds: 2 });
    expect(updates).toHaveLength(5);
    expect(attestation.excluded).toEqual([]);
  });

  test('count by what was carried into the round, as everybody, where agents have control variates', async () => {
    const rehearsal = await muster('label-flip');
    const rule = { name: 'scaffold', options: { of: { name: 'median', options: { maliciousPercent: 30 } } } };
    const recipe = { steps: 10, batchSize: 8, stepsPerRun: 1, control: 0.9 };
    const { updates, attestation } = await play(rehearsal, { rounds: 2, rule, recipe, participation: { minimum: 5 } });
    expect([updates.length, attestation.excluded]).toEqual([5, []]);
    expect(attestation.carry).toBeDefined();
  });

  test('of labels train on what they made of their examples, and claim those', async () => {
    const { updates } = await play(await muster('label-flip'));
    const honest = await syntheticShard('spoilt', 20);
    const [record] = updates.filter(({ by }) => by === ATTACKERS[0]);
    expect(record).toMatchObject({ examples: 20, metrics: { lossMicro: expect.any(Number) as unknown } });
    expect(record!.metrics.lossMicro).toBeGreaterThan(0);
    expect(record!.dataset.root).not.toBe(honest.dataset.root);
  });
});

test('no agent’s configuration can name an attack, and none of attackers goes without saying that it is a rehearsal', () => {
  const gateways = [{ organisation: 'army', url: 'https://localhost:1', tlsRoot: 'root.pem' }];
  const agent = { organisation: 'army', name: 'agent-1', keys: 'k', gateways, state: 's', data: 'd' };
  expect(agentConfigSchema.safeParse(agent).success).toBe(true);
  expect(agentConfigSchema.safeParse({ ...agent, attack: 'ipm' }).success).toBe(false);
  const attackers = [{ organisation: 'army', keys: 'k', gateways, data: 'd' }];
  expect(attackersConfigSchema.safeParse({ rehearsal: true, attack: 'ipm', seed: 1, attackers }).success).toBe(true);
  expect(attackersConfigSchema.safeParse({ attack: 'ipm', seed: 1, attackers }).success).toBe(false);
  expect(attackersConfigSchema.safeParse({ rehearsal: true, attack: 'magic', seed: 1, attackers }).success).toBe(false);
});

test('there are no attackers without an attack that is known', async () => {
  const { signal } = new AbortController();
  const none = { attackers: [], attack: 'magic', seed: 1, log: silentLog, signal };
  await expect(runAttackers(none)).rejects.toThrow(TypeError);
  await expect(runAttackers(none)).rejects.not.toThrow(MusterError);
});
