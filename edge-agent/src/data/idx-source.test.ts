// IDX files read by ranges: the same examples as in memory, the committed root, refusals that name the file.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { leafHash, nodeHash } from '@muster/protocol';
import fc from 'fast-check';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from '../../../test/support/refusal.ts';
import { encodeIdx } from './idx.ts';
import { openIdxSource } from './idx-source.ts';
import { dataSetOf, labelledImages } from './labelled-images.ts';
import { memorySource } from './memory-source.ts';
import { dataSetRoot } from './root.ts';
import type { DataFiles } from './write-subset.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-idx-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, shape: number[], pixels: Uint8Array, labels: Uint8Array): Promise<DataFiles> {
  const files = { images: join(folder, `${name}-images.idx`), labels: join(folder, `${name}-labels.idx`) };
  await writeFile(files.images, encodeIdx({ shape, data: pixels }));
  await writeFile(files.labels, encodeIdx({ shape: [labels.length], data: labels }));
  return files;
}

describe('IDX files', () => {
  test('give the same examples by ranges as from memory, in any order', async () => {
    const count = 300;
    const pixels = Uint8Array.from({ length: count * 6 }, (_, i) => (i * 7) % 256);
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 3) % 11);
    const source = await openIdxSource(await write('any', [count, 2, 3], pixels, labels));
    const images = labelledImages({ shape: [count, 2, 3], data: pixels }, { shape: [count], data: labels });
    const memory = memorySource(dataSetOf(images));
    const { shape, dtype, target, examples } = source;
    expect({ shape, dtype, target, examples }).toEqual({
      shape: [1, 2, 3],
      dtype: 'float32',
      target: { kind: 'class', classes: 11 },
      examples: count,
    });
    const indices = fc.array(fc.integer({ min: 0, max: count - 1 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(indices, async (wanted) => {
        expect(await source.read(Int32Array.from(wanted))).toEqual(await memory.read(Int32Array.from(wanted)));
      }),
    );
    await expect(source.read(Int32Array.of(count))).rejects.toThrow(TypeError);
    await source.close();
  });

  test('have the root of RFC 6962 over image and label bytes', async () => {
    const files = await write('root', [3, 1, 2], Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(7, 8, 9));
    const source = await openIdxSource(files);
    const [a, b, c] = [
      [1, 2, 7],
      [3, 4, 8],
      [5, 6, 9],
    ].map((leaf) => leafHash(Uint8Array.from(leaf)));
    expect(await dataSetRoot(source)).toBe(`sha256:${nodeHash(nodeHash(a!, b!), c!).toString('hex')}`);
    await source.close();
  });

  test('are refused when they are no data set, by name', async () => {
    const good = await write('good', [2, 1, 1], Uint8Array.of(1, 2), Uint8Array.of(0, 1));
    const flat = await write('flat', [2], Uint8Array.of(1, 2), Uint8Array.of(0, 1));
    const empty = await write('empty', [0, 1, 1], new Uint8Array(), new Uint8Array());
    const hollow = await write('hollow', [2, 0, 1], new Uint8Array(), Uint8Array.of(0, 1));
    const three = await write('three', [3, 1, 1], Uint8Array.of(1, 2, 3), Uint8Array.of(0, 1));
    const cases: [DataFiles, string][] = [
      [{ ...good, labels: join(folder, 'none') }, `${join(folder, 'none')}: cannot be read`],
      [{ ...good, images: folder }, `${folder}: is not a file`],
      [{ ...good, images: flat.images }, `${flat.images}: images must have 3 dimensions`],
      [{ ...good, labels: good.images }, `${good.images}: labels must have 1 dimension`],
      [empty, '0 images and 0 labels are no data set'],
      [hollow, `${hollow.images}: images have no pixels`],
      [three, '3 images and 2 labels are no data set'],
    ];
    for (const [files, reason] of cases) {
      const { code, details } = await rejection(openIdxSource(files));
      expect({ code, details }).toEqual({ code: 'ERR_DATA_MALFORMED', details: { reason } });
    }
  });

  test('are refused when they shrink while they are in use', async () => {
    const files = await write('shrinks', [2, 1, 2], Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0, 1));
    const source = await openIdxSource(files);
    await truncate(files.images, 18);
    const { code, message } = await rejection(source.read(Int32Array.of(1)));
    expect(code).toBe('ERR_DATA_MALFORMED');
    expect(message).toContain('shrinks-images.idx: ends at byte 18, 20 are needed');
    await source.close();
  });
});
