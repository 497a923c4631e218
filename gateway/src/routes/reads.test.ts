// Reads and events from the projection: what blocks tell is what is answered, once, and again after a rebuild.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestOf, event } from '@muster/protocol';
import { APPROVED, CLOSED, JOB, OPEN } from '../../../test/support/states.ts';
import { ask, discard, startHarness, until, type Harness } from '../../test/harness.ts';
import { schemaProblems } from '../../test/schema-problems.ts';

let gateway: Harness;
beforeEach(async () => {
  gateway = await startHarness();
  const { ledger } = gateway;
  ledger.append('t0', [event('job.proposed', { ...APPROVED, status: 'proposed' })], 'VALID', 100);
  ledger.append('t1', [event('job.approved', APPROVED), event('round.opened', OPEN)], 'VALID', 200);
  ledger.append('t2', [event('job.rejected', APPROVED)], 'MVCC_READ_CONFLICT', 300);
  await until('three blocks', () => gateway.projection.block === 2);
});
afterEach(async () => discard(gateway));

const get = async (path: string): Promise<Record<string, unknown>> => (await ask(`${gateway.url}${path}`)).body;
const ids = (body: Record<string, unknown>): string[] => (body.items as { id: string }[]).map(({ id }) => id);

describe('the projection', () => {
  test('answers jobs, models and rounds as the events left them', async () => {
    expect(await get(`/v1/jobs/${JOB}`)).toMatchObject({ job: APPROVED, model: { round: 1, from: 0 } });
    expect(await get(`/v1/jobs/${JOB}/rounds/1`)).toEqual({ round: OPEN, updates: [], attestations: [] });
    expect((await get('/v1/jobs?status=rejected')).items).toEqual([]);
  });

  test('answers scores of a round and reputations of its agents', async () => {
    const standing = { reputationMicro: 125_000, scoreMicro: 1_000_000, rounds: 1, round: 1 };
    const settled = { by: 'navy/ship-1', outcome: 'counted', medianMicro: 7, ...standing } as const;
    const claims = { v: 1, job: JOB, round: 1, organisation: 'navy', by: 'navy/validator', jti: 'j' } as const;
    const closed = { ...OPEN, phase: 'closed', updates: CLOSED.updates!, withheld: ['navy/ship-1'] } as const;
    gateway.ledger.append('t3', [
      event('round.closed', closed),
      event('round.settled', { ...claims, at: 400, transaction: 't3', agents: [settled] }),
    ]);
    await until('the fourth block', () => gateway.projection.block === 3);
    const scores = { items: [{ by: 'navy/ship-1', scores: [], settled }] };
    expect(await get(`/v1/jobs/${JOB}/rounds/1/scores`)).toEqual(scores);
    const reputation = { job: JOB, organisation: 'navy', by: 'navy/ship-1', ...standing };
    expect(await get(`/v1/jobs/${JOB}/reputations?organisation=navy`)).toEqual({ items: [reputation] });
    expect(await get(`/v1/jobs/${JOB}/reputations?organisation=army`)).toEqual({ items: [] });
  });

  test('answers commitments to updates and to attestations beside what they are to, and names who is not independent', async () => {
    const of = { job: JOB, round: 1 } as const;
    const committed = (by: string, to: 'update' | 'attestation') =>
      ({
        of: to,
        by,
        certificate: 'c',
        jti: `jti of ${by}`,
        commitment: digestOf(by),
        at: 300,
        transaction: 't3',
      }) as const;
    const ship = committed('navy/ship-1', 'update');
    const validator = committed('air/validator', 'attestation');
    const sealing = { ...CLOSED, commitsUntil: 150, attestationCommitsUntil: 400 };
    const ended = {
      ...sealing,
      phase: 'finalised',
      committedBy: ['air'],
      attestedBy: ['air', 'navy'],
      dependent: ['navy'],
    } as const;
    gateway.ledger.append('t3', [
      event('round.committed', { ...ship, ...of }),
      event('round.closed', sealing),
      event('round.committed', { ...validator, ...of }),
      event('round.finalised', ended),
    ]);
    await until('the fourth block', () => gateway.projection.block === 3);
    const view = await get(`/v1/jobs/${JOB}/rounds/1`);
    expect(view.commitments).toEqual([validator, ship]);
    expect(view.round).toMatchObject({ committedBy: ['air'], dependent: ['navy'] });
    const found = await get('/v1/audit/find?type=round.committed&by=air/validator');
    expect(found.items).toMatchObject([{ data: { of: 'attestation', commitment: digestOf('air/validator') } }]);
  });

  test('lists events newest first, page by page', async () => {
    const first = await get('/v1/audit/find?limit=2');
    expect(ids(first)).toEqual(['1.0.1', '1.0.0']);
    expect(ids(await get(`/v1/audit/find?limit=2&cursor=${String(first.next)}`))).toEqual(['0.0.0']);
    expect(ids(await get(`/v1/audit/find?type=job.proposed&from=100&to=150&job=${JOB}`))).toEqual(['0.0.0']);
  });

  test('knows invalid transactions, and that they changed nothing', async () => {
    expect(await get('/v1/transactions/t2')).toMatchObject({ status: 'MVCC_READ_CONFLICT', events: [], block: 2 });
  });

  test('takes a block once', async () => {
    const before = await get('/v1/audit/find');
    for (const block of gateway.ledger.chain) gateway.projection.take(block);
    expect(await get('/v1/audit/find')).toEqual(before);
  });

  test('follows again after the peer was restarted', async () => {
    gateway.ledger.restart();
    gateway.ledger.append('t3', [event('round.closed', { ...OPEN, phase: 'closed' })]);
    await until('the fourth block', () => gateway.projection.block === 3);
    expect(await get(`/v1/jobs/${JOB}/rounds/1`)).toMatchObject({ round: { phase: 'closed' } });
  });

  test('is the same when it is dropped and built again', async () => {
    const before = await get('/v1/audit/find');
    const { ledger, folder } = gateway;
    await gateway.stop();
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `projection.sqlite${suffix}`), { force: true });
    gateway = await startHarness({ ledger, folder });
    await until('three blocks', () => gateway.projection.block === 2);
    expect(await get('/v1/audit/find')).toEqual(before);
  });

  test('asks the ledger itself for the history of a key', async () => {
    const path = `/v1/audit/history?type=job&attributes=${encodeURIComponent('["a"]')}`;
    expect(await get(path)).toMatchObject({ items: [{ transaction: 'tx', value: { type: 'job' } }], next: '1' });
  });

  test.each([
    ['/v1/jobs/00000000000000000000000000000000', 'ERR_JOB_UNKNOWN'],
    [`/v1/jobs/${JOB}/rounds/9`, 'ERR_ROUND_UNKNOWN'],
    [`/v1/jobs/${JOB}/rounds/9/scores`, 'ERR_ROUND_UNKNOWN'],
    ['/v1/jobs/00000000000000000000000000000000/reputations', 'ERR_JOB_UNKNOWN'],
    ['/v1/transactions/none', 'ERR_TRANSACTION_UNKNOWN'],
    [`/v1/audit/lineage/sha256:${'0'.repeat(64)}`, 'ERR_MODEL_UNKNOWN'],
    ['/v1/jobs?limit=1000', 'ERR_DOCUMENT_INVALID'],
    ['/v1/audit/history?type=job&attributes=x', 'ERR_DOCUMENT_INVALID'],
  ])('refuses %s with %s', async (path, code) => {
    expect((await get(path)).code).toBe(code);
  });
});

/** Reads a stream of events until some number of them came. */
async function readEvents(
  path: string,
  count: number,
  init: RequestInit,
  meanwhile = (): void => undefined,
): Promise<string[]> {
  const stop = new AbortController();
  const response = await fetch(`${gateway.url}${path}`, { ...init, signal: stop.signal });
  meanwhile();
  let text = '';
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8');
    if (text.split('\n\n').length > count) break;
  }
  stop.abort();
  return [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!);
}

describe('the stream of events', () => {
  test('goes on after the last event a reader had seen', async () => {
    expect(await readEvents('/v1/events', 2, { headers: { 'Last-Event-ID': '0.0.0' } })).toEqual(['1.0.0', '1.0.1']);
  });

  test('starts with what happens next, and can be narrowed', async () => {
    const happens = (): void => {
      gateway.ledger.append('t3', [event('job.approved', APPROVED), event('round.closed', OPEN)]);
    };
    const seen = await readEvents(`/v1/events?types=round.closed&job=${JOB}`, 1, {}, happens);
    expect(seen).toEqual(['3.0.1']);
  });

  test('is refused where too many are open', async () => {
    const small = await startHarness({ limits: { streams: 1 } });
    const stop = new AbortController();
    await fetch(`${small.url}/v1/events`, { signal: stop.signal });
    expect((await ask(`${small.url}/v1/events`)).body.code).toBe('ERR_OVERLOADED');
    stop.abort();
    await discard(small);
  });
});

describe('the OpenAPI document', () => {
  test('describes every route, its parameters and its answers', async () => {
    const document = await get('/openapi.json');
    expect(document.openapi).toBe('3.1.0');
    expect(schemaProblems(document)).toEqual([]);
  });

  test('links answers to operations it has, with parameters they take', async () => {
    interface Operation {
      readonly operationId: string;
      readonly parameters: readonly { readonly name: string }[];
      readonly responses: Readonly<Record<string, { readonly links?: Readonly<Record<string, LinkObject>> }>>;
    }
    interface LinkObject {
      readonly operationId: string;
      readonly parameters: Readonly<Record<string, string>>;
    }
    const { paths } = (await get('/openapi.json')) as { paths: Record<string, Record<string, Operation>> };
    const operations = Object.values(paths).flatMap((each) => Object.values(each));
    const byId = new Map(operations.map((operation) => [operation.operationId, operation]));
    expect(byId.size).toBe(operations.length);
    const links = operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap((each) => Object.values(each.links ?? {})),
    );
    expect(links.length).toBeGreaterThan(20);
    for (const { operationId, parameters } of links) {
      const taken = byId.get(operationId)?.parameters.map(({ name }) => name);
      expect(taken).toEqual(expect.arrayContaining(Object.keys(parameters)));
    }
  });

  test('lists every method of a path: another is ERR_METHOD_UNKNOWN, and the answer names those', async () => {
    const { status, headers, body } = await ask(`${gateway.url}/v1/agents`, undefined, { method: 'DELETE' });
    expect([status, body.code]).toEqual([405, 'ERR_METHOD_UNKNOWN']);
    expect(headers.get('allow')!.split(', ').sort()).toEqual(['GET', 'POST']);
  });
});

describe('health', () => {
  test('is alive, ready and measured', async () => {
    expect(await get('/livez')).toEqual({ status: 'ok' });
    expect(await get('/readyz')).toEqual({ status: 'ok', checks: { projection: 'ok', storage: 'ok' } });
    expect(JSON.stringify(await get('/metrics'))).toContain('muster_projection_block 2');
  });
});
