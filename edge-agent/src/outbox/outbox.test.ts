// The outbox over crashes, refusals and gateways that are away.

import { MusterError, seal, type Receipt } from '@muster/protocol';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gateway } from '../client/index.ts';
import { mountSmallDisk } from '../../../test/support/small-disk.ts';
import { waitFor } from '../../../test/support/rehearsal/wait-for.ts';
import { openOutbox } from './outbox.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-outbox-'));
});
afterAll(() => rm(root, { recursive: true }));

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = { privateKey, certificate: 'A'.repeat(43) };
const sealed = (name: string): string => seal('round.update', { v: 1, name }, signer);
const artefact = Uint8Array.of(1, 2, 3);
const folder = (): Promise<string> => mkdtemp(join(root, 'box-'));

/** A gateway that notes what reaches it and answers as told. */
function gatewayThat(answer: (attempt: number) => 'recorded' | MusterError): { gateway: Gateway; calls: string[] } {
  const calls: string[] = [];
  let attempts = 0;
  const receipt = { jti: 'j', by: 'army/agent-1', at: 1, transaction: 't' } satisfies Receipt;
  const gateway: Partial<Gateway> = {
    putArtefact: (bytes) => {
      calls.push('artefact');
      return Promise.resolve({ cid: 'c', digest: 'd', size: bytes.length });
    },
    submit: (act) => {
      calls.push('envelope');
      const told = answer(++attempts);
      if (told instanceof MusterError) return Promise.reject(told);
      return Promise.resolve({ jti: 'j', act, status: 'recorded', receipt });
    },
  };
  return { gateway: gateway as Gateway, calls };
}

const unreachable = new MusterError('ERR_GATEWAY_UNREACHABLE', { url: 'https://gateway', reason: 'down' });
const late = new MusterError('ERR_ROUND_LATE', { job: 'j', round: 1, at: 2, until: 1 });

test('sends the artefact before the envelope and keeps nothing once it is recorded', async () => {
  const box = await folder();
  const { gateway, calls } = gatewayThat(() => 'recorded');
  const outbox = await openOutbox({ folder: box, gateway });
  const { delivery } = await outbox.post('round.update', sealed('a'), artefact);
  expect(await delivery).toMatchObject({ status: 'recorded', receipt: { transaction: 't' } });
  expect(calls).toEqual(['artefact', 'envelope']);
  expect(await readdir(box)).toEqual(['refused']);
  await outbox.close();
});

test('tries again until the gateway can be reached', async () => {
  const { gateway, calls } = gatewayThat((attempt) => (attempt < 3 ? unreachable : 'recorded'));
  const outbox = await openOutbox({ folder: await folder(), gateway });
  const { delivery } = await outbox.post('round.update', sealed('a'));
  expect((await delivery).status).toBe('recorded');
  expect(calls).toEqual(['envelope', 'envelope', 'envelope']);
  await outbox.close();
});

test('sends an update again that a peer still sees its round committing for, and no other act', async () => {
  const at = { job: 'j', round: 1, expected: 'open' };
  const early = new MusterError('ERR_ROUND_PHASE', { ...at, phase: 'committing' });
  const over = new MusterError('ERR_ROUND_PHASE', { ...at, phase: 'closed' });
  const { gateway } = gatewayThat((attempt) => (attempt < 3 ? early : attempt === 3 ? 'recorded' : over));
  const outbox = await openOutbox({ folder: await folder(), gateway });
  expect((await (await outbox.post('round.update', sealed('a'))).delivery).status).toBe('recorded');
  expect((await (await outbox.post('round.update', sealed('b'))).delivery).status).toBe('refused');
  await outbox.close();
});

test('keeps aside, with the reason, what no retry can mend', async () => {
  const { gateway, calls } = gatewayThat(() => late);
  const outbox = await openOutbox({ folder: await folder(), gateway });
  const { delivery } = await outbox.post('round.update', sealed('a'), artefact);
  expect(await delivery).toMatchObject({ status: 'refused', error: { code: 'ERR_ROUND_LATE' } });
  expect(calls).toHaveLength(2);
  expect(outbox.pending()).toEqual([]);
  expect(await outbox.refused()).toMatchObject([{ act: 'round.update', error: { code: 'ERR_ROUND_LATE' } }]);
  await outbox.close();
});

test('a process after the one that was killed sends what that one had posted', async () => {
  const box = await folder();
  const dead = gatewayThat(() => unreachable);
  const before = await openOutbox({ folder: box, gateway: dead.gateway });
  await before.post('round.update', sealed('a'), artefact);
  await waitFor('an attempt', () => (dead.calls.includes('envelope') ? true : undefined));
  await before.close();
  const { gateway, calls } = gatewayThat(() => 'recorded');
  const after = await openOutbox({ folder: box, gateway });
  expect(after.pending()).toHaveLength(1);
  await waitFor('delivery', () => (after.pending().length === 0 ? true : undefined));
  expect(calls).toEqual(['artefact', 'envelope']);
  await after.close();
});

test('a crash between artefact and envelope leaves nothing to send', async () => {
  const box = await folder();
  await writeFile(join(box, 'x.artefact'), artefact);
  await writeFile(join(box, 'y.json.0a1b2c'), '{"v":1');
  const { gateway, calls } = gatewayThat(() => 'recorded');
  const outbox = await openOutbox({ folder: box, gateway });
  expect(outbox.pending()).toEqual([]);
  expect(await readdir(box)).toEqual(['refused']);
  expect(calls).toEqual([]);
  await outbox.close();
});

test('the same envelope posted twice is one delivery', async () => {
  const { gateway, calls } = gatewayThat(() => 'recorded');
  const outbox = await openOutbox({ folder: await folder(), gateway });
  const envelope = sealed('a');
  const first = await outbox.post('round.update', envelope);
  const second = await outbox.post('round.update', envelope);
  expect(await second.delivery).toEqual(await first.delivery);
  expect(calls).toEqual(['envelope']);
  await outbox.close();
});

const disk = mountSmallDisk(1);

// where this process may not mount a file system there is no disk to fill
(disk === undefined ? test.skip : test)(
  'a full disk is told with its code, leaves nothing half written, and passes',
  async () => {
    const small = disk!;
    const { gateway, calls } = gatewayThat(() => 'recorded');
    const outbox = await openOutbox({ folder: small.folder, gateway });
    try {
      small.fill(4096);
      const bytes = new Uint8Array(200_000);
      await expect(outbox.post('round.update', sealed('a'), bytes)).rejects.toMatchObject({
        code: 'ERR_STORAGE_FULL',
        details: { store: 'the outbox' },
      });
      expect(outbox.pending()).toEqual([]);
      expect((await readdir(small.folder)).sort()).toEqual(['ballast', 'refused']);
      small.empty();
      const { delivery } = await outbox.post('round.update', sealed('a'), bytes);
      expect(await delivery).toMatchObject({ status: 'recorded' });
      expect(calls).toEqual(['artefact', 'envelope']);
    } finally {
      await outbox.close();
      small.remove();
    }
  },
);
