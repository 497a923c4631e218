// A gateway whose disk is full, whose projection is rebuilt, whose artefacts are lost: what it says, and that it recovers.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cidOf } from '@muster/protocol';
import { mountSmallDisk, type SmallDisk } from '../../test/support/small-disk.ts';
import { ask, discard, startHarness, until, updateEnvelope, type Harness } from '../test/harness.ts';
import { MemoryLedger } from '../test/memory-ledger.ts';

let gateway: Harness;

const updates = (): string => `${gateway.url}/v1/updates?wait=5000`;
const ready = async (): Promise<Record<string, unknown>> => {
  const { status, body } = await ask(`${gateway.url}/readyz`);
  return { status, ...(body.checks as object) };
};

describe('a database without room', () => {
  beforeEach(async () => {
    gateway = await startHarness();
  });
  afterEach(() => discard(gateway));

  /** From now on the database takes no further page; `undefined` gives it room again. */
  const limit = (database: Harness['projection']['database'], full: boolean): void => {
    database.exec(full ? 'PRAGMA max_page_count = 1' : 'PRAGMA max_page_count = 1000000');
  };
  /** An envelope that needs pages of its own. */
  const large = (examples: number): string =>
    updateEnvelope(examples, { dataset: { root: 'x'.repeat(6_000), size: 1 } });

  test('refuses a submission with a code that says to try again, and takes the same one once there is room', async () => {
    limit(gateway.submissions.database, true);
    const envelope = large(1);
    const refused = await ask(updates(), { envelope });
    expect(refused).toMatchObject({ status: 507, body: { code: 'ERR_STORAGE_FULL', title: 'Not reachable now' } });
    expect(gateway.relay.waiting).toBe(0);
    expect(gateway.ledger.transactions).toBe(0);
    limit(gateway.submissions.database, false);
    expect(await ask(updates(), { envelope })).toMatchObject({
      status: 200,
      body: { submission: { status: 'recorded' } },
    });
    expect(gateway.ledger.transactions).toBe(1);
  });

  test('tells a receipt that it could not note: the ledger has it', async () => {
    const hold = Promise.withResolvers<undefined>();
    gateway.ledger.held = hold.promise;
    const asked = ask(updates(), { envelope: updateEnvelope(2) });
    await until('the transaction to be under way', () => gateway.ledger.calls.length === 1);
    gateway.submissions.database.exec('PRAGMA query_only = ON');
    hold.resolve(undefined);
    expect(await asked).toMatchObject({ status: 200, body: { submission: { status: 'recorded' } } });
    gateway.submissions.database.exec('PRAGMA query_only = OFF');
    // not noted, so a gateway that starts now asks the ledger again
    expect(gateway.submissions.attempts()).toHaveLength(1);
  });

  test('is told by readiness while the projection cannot follow, and it goes on where it was', async () => {
    await until('the first block', () => gateway.projection.block >= -1);
    limit(gateway.projection.database, true);
    for (let i = 0; i < 40; i++) gateway.ledger.append(`tx-${i}-${'y'.repeat(2000)}`, []);
    await until('the projection to stand still', async () => String((await ready()).projection).includes('no room'));
    const stands = gateway.projection.block;
    expect(stands).toBeLessThan(39);
    expect((await ready()).status).toBe(503);
    limit(gateway.projection.database, false);
    await until('all blocks', () => gateway.projection.block === 39);
    await until('readiness', async () => (await ready()).status === 200);
    const rows = gateway.projection.database.prepare('SELECT count(*) AS n FROM transactions').get();
    expect(rows?.n).toBe(40);
  });
});

test('a projection that was deleted is not ready before it has caught up with the ledger', async () => {
  const ledger = new MemoryLedger();
  for (let i = 0; i < 20; i++) ledger.append(`tx-${i}`, []);
  gateway = await startHarness({ ledger });
  await until('readiness', async () => (await ready()).status === 200);
  await gateway.stop();
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(gateway.folder, `projection.sqlite${suffix}`), { force: true });

  const gate = Promise.withResolvers<undefined>();
  const all = ledger.blocks.bind(ledger);
  ledger.blocks = async function* slowly(from, signal) {
    for await (const block of all(from, signal)) {
      if (block.number === 10) await gate.promise;
      yield block;
    }
  };
  gateway = await startHarness({ ledger, folder: gateway.folder });
  await until('half of it', () => gateway.projection.block === 9);
  expect(await ready()).toMatchObject({ status: 503, projection: 'at block 9 of 19' });
  gate.resolve(undefined);
  await until('readiness', async () => (await ready()).status === 200);
  expect(gateway.projection.block).toBe(19);
  await discard(gateway);
});

test('a folder of artefacts that is lost while the gateway runs is made again by the next artefact', async () => {
  gateway = await startHarness();
  rmSync(join(gateway.folder, 'artefacts'), { recursive: true });
  const bytes = Buffer.from('a model');
  const url = `${gateway.url}/v1/artefacts/${cidOf(bytes)}`;
  const put = await fetch(url, { method: 'PUT', body: bytes, headers: { 'Content-Type': 'application/octet-stream' } });
  expect(put.status).toBe(201);
  expect(await (await fetch(url)).text()).toBe('a model');
  await discard(gateway);
});

const disk: SmallDisk | undefined = mountSmallDisk(4);

// where this process may not mount a file system there is no disk to fill; the tests of databases above hold everywhere
(disk === undefined ? describe.skip : describe)('a full disk', () => {
  const small = disk!;
  beforeEach(async () => {
    gateway = await startHarness({ folder: small.folder });
  });
  afterEach(async () => {
    await gateway.stop();
    small.remove();
  });

  test('refuses artefacts, keeps nothing of them, tells of itself, and takes them once there is room', async () => {
    const bytes = Buffer.alloc(1024 * 1024, 7);
    const url = `${gateway.url}/v1/artefacts/${cidOf(bytes)}`;
    const put = (): Promise<Response> =>
      fetch(url, { method: 'PUT', body: bytes, headers: { 'Content-Type': 'application/octet-stream' } });
    await until('readiness', async () => (await ready()).storage === 'ok');
    small.fill(0);
    const refused = await put();
    expect(refused.status).toBe(507);
    expect(await refused.json()).toMatchObject({ code: 'ERR_STORAGE_FULL', details: { store: 'artefacts' } });
    expect(readdirSync(join(small.folder, 'artefacts', 'arriving'))).toEqual([]);
    expect((await fetch(url)).status).toBe(404);
    await until('readiness to tell', async () => String((await ready()).storage).includes('ENOSPC'));
    expect((await ready()).status).toBe(503);
    expect(existsSync(join(small.folder, 'room'))).toBe(false);

    const submission = await ask(updates(), {
      envelope: updateEnvelope(3, { dataset: { root: 'x'.repeat(6_000), size: 1 } }),
    });
    expect(submission).toMatchObject({ status: 507, body: { code: 'ERR_STORAGE_FULL' } });

    small.empty();
    expect((await put()).status).toBe(201);
    expect(await ask(updates(), { envelope: updateEnvelope(3) })).toMatchObject({ status: 200 });
    await until('readiness', async () => (await ready()).status === 200);
  });
});
