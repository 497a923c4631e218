// A validator's part in seeds: kept over restarts, and nobody else's to foretell.

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beaconSchema, commitToBeacon } from '@muster/protocol';
import { openBeacons } from './beacon.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'muster-beacon-'));
});
afterAll(() => rm(root, { recursive: true }));
const folder = (): Promise<string> => mkdtemp(join(root, 'validator-'));
const JOB = '1'.repeat(32);

test('each round commits to what the next reveals, in another process too', async () => {
  const own = await folder();
  const first = await openBeacons(own);
  const second = await openBeacons(own);
  expect(beaconSchema.parse(first(JOB, 1))).toEqual(second(JOB, 1));
  expect(commitToBeacon(second(JOB, 2).reveal)).toBe(first(JOB, 1).commit);
});

test('values differ between rounds, jobs and validators', async () => {
  const [one, other] = [await openBeacons(await folder()), await openBeacons(await folder())];
  const values = [one(JOB, 1), one(JOB, 2), one('2'.repeat(32), 1), other(JOB, 1)].map(({ reveal }) => reveal);
  expect(new Set(values).size).toBe(4);
});

test('the key is for nobody else', async () => {
  const own = await folder();
  await openBeacons(own);
  expect((await stat(join(own, 'beacon.key'))).mode & 0o777).toBe(0o600);
});
