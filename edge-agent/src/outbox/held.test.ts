// What was committed to and is not shown yet: the very same after a crash, and gone when its round is.

import { openEnvelope, envelopeDigest, seal, type Claims } from '@muster/protocol';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attestationBy, updateBy } from '../../../test/support/states.ts';
import { mountSmallDisk } from '../../../test/support/small-disk.ts';
import { openHeld } from './held.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-held-'));
});
afterAll(() => rm(root, { recursive: true }));

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signer = { privateKey, certificate: 'A'.repeat(43) };
const [JOB, OTHER] = ['1'.repeat(32), '2'.repeat(32)];
const folder = (): Promise<string> => mkdtemp(join(root, 'box-'));
const bytes = Uint8Array.of(1, 2, 3);

/** A statement without its jti, which sealing adds. */
const unsealed = (statement: object): Claims =>
  Object.fromEntries(Object.entries(statement).filter(([name]) => name !== 'jti'));
const sealed = (job: string, round: number): string =>
  seal('round.update', unsealed(updateBy('navy/ship-1', { job, round }).statement), signer);

test('what is held is found by its round, in this process and the next, with the digest to commit to', async () => {
  const box = await folder();
  const envelope = sealed(JOB, 2);
  const kept = await (await openHeld(box, 'round.update')).keep(envelope, bytes);
  expect(kept).toEqual({ envelope, commitment: envelopeDigest(openEnvelope(envelope, 'round.update')) });
  const next = await openHeld(box, 'round.update');
  expect(next.find(JOB, 2)).toEqual(kept);
  expect([next.find(JOB, 1), next.find(OTHER, 2)]).toEqual([undefined, undefined]);
  expect(new Uint8Array(await next.read(kept))).toEqual(bytes);
});

test('is for nobody else’s eyes', async () => {
  const box = await folder();
  await (await openHeld(box, 'round.update')).keep(sealed(JOB, 1), bytes);
  const files = (await readdir(box)).filter((name) => name !== 'refused');
  expect(files).toHaveLength(2);
  for (const name of files) expect((await stat(join(box, name))).mode & 0o077).toBe(0);
});

test('leaves nothing behind once it is dropped', async () => {
  const box = await folder();
  const held = await openHeld(box, 'round.update');
  await held.drop(await held.keep(sealed(JOB, 1), bytes));
  expect([held.find(JOB, 1), await readdir(box)]).toEqual([undefined, ['refused']]);
});

test('of rounds that are over is dropped, of other rounds and jobs it stays', async () => {
  const held = await openHeld(await folder(), 'round.update');
  for (const [job, round] of [
    [JOB, 1],
    [JOB, 2],
    [OTHER, 1],
  ] as const)
    await held.keep(sealed(job, round), bytes);
  const found = () => [held.find(JOB, 1), held.find(JOB, 2), held.find(OTHER, 1)].map((one) => one !== undefined);
  await held.dropBefore(JOB, 2);
  expect(found()).toEqual([false, true, true]);
  await held.dropBefore(JOB);
  expect(found()).toEqual([false, false, true]);
});

test('a write that a crash cut off counts for nothing', async () => {
  const box = await folder();
  const { jti } = openEnvelope(sealed(JOB, 1), 'round.update');
  await (await openHeld(box, 'round.update')).keep(sealed(JOB, 2), bytes);
  await writeFile(join(box, `${jti}.artefact`), bytes);
  const held = await openHeld(box, 'round.update');
  expect(held.find(JOB, 1)).toBeUndefined();
  expect(await readdir(box)).toHaveLength(3);
});

test('holds attestations as well', async () => {
  const box = await folder();
  const { statement } = attestationBy('navy/validator', { job: JOB });
  const envelope = seal('round.attest', unsealed(statement), signer);
  await (await openHeld(box, 'round.attest')).keep(envelope, bytes);
  expect((await openHeld(box, 'round.attest')).find(JOB, 1)).toMatchObject({ envelope });
});

const disk = mountSmallDisk(1);

// where this process may not mount a file system there is no disk to fill
(disk === undefined ? test.skip : test)('a full disk is told with its code, and nothing is held', async () => {
  const small = disk!;
  try {
    const held = await openHeld(join(small.folder, 'held'), 'round.update');
    small.fill(4096);
    await expect(held.keep(sealed(JOB, 1), new Uint8Array(200_000))).rejects.toMatchObject({
      code: 'ERR_STORAGE_FULL',
    });
    expect(held.find(JOB, 1)).toBeUndefined();
    small.empty();
    await held.keep(sealed(JOB, 1), bytes);
    expect(held.find(JOB, 1)).toBeDefined();
  } finally {
    small.remove();
  }
});
