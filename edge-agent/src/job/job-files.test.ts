// The artefacts of a job on disk: cache and gateway are both checked.

import { cidOf, digestOf, MusterError, type Artefact } from '@muster/protocol';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Gateway } from '../client/index.ts';
import { createArtefactCache } from './job-files.ts';

const bytes = new TextEncoder().encode('a model');
const artefact: Artefact = { cid: cidOf(bytes), digest: digestOf(bytes), size: bytes.length };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-artefacts-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A gateway that counts what is asked of it. */
function holding(content: Uint8Array | undefined): { gateway: Gateway; asked: string[] } {
  const asked: string[] = [];
  const getArtefact = (cid: string): Promise<Uint8Array> => {
    asked.push(cid);
    return content === undefined
      ? Promise.reject(new MusterError('ERR_ARTEFACT_UNKNOWN', { cid }))
      : Promise.resolve(content);
  };
  const part: Partial<Gateway> = { getArtefact };
  return { gateway: part as Gateway, asked };
}

test('an artefact is fetched once and read from disk afterwards', async () => {
  const { gateway, asked } = holding(bytes);
  const cache = createArtefactCache(join(folder, 'once'), gateway);
  expect(Buffer.from(await cache(artefact))).toEqual(Buffer.from(bytes));
  expect(Buffer.from(await cache(artefact))).toEqual(Buffer.from(bytes));
  expect(asked).toEqual([artefact.cid]);
});

test('a spoilt file in the cache is fetched again', async () => {
  const { gateway, asked } = holding(bytes);
  await writeFile(join(folder, artefact.cid), 'something else');
  expect(Buffer.from(await createArtefactCache(folder, gateway)(artefact))).toEqual(Buffer.from(bytes));
  expect(asked).toEqual([artefact.cid]);
});

test('an artefact that no store has is told so', async () => {
  const { gateway } = holding(undefined);
  const fetched = createArtefactCache(join(folder, 'none'), gateway)(artefact);
  await expect(fetched).rejects.toMatchObject({ code: 'ERR_ARTEFACT_UNKNOWN' });
});
