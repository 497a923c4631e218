// Scratch files: what is appended is what is read.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spool } from './spool.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-spool-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('scratch keeps whatever is appended, in pieces of any size', async () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const spool = await Spool.create('x', folder);
      const pieces = lengths.map((length, i) => Buffer.alloc(length, i + 1));
      for (const piece of pieces) await spool.append(piece);
      const file = await spool.finish();
      expect((await file.slice(0, file.bytes)).equals(Buffer.concat(pieces))).toBe(true);
      await file.close();
    }),
    { numRuns: 10 },
  );
});
