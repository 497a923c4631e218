// Some examples of a data set as a pair of IDX files: what an agent finds on its own disk.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LabelledImages } from './labelled-images.ts';
import { encodeIdx } from './idx.ts';

/** The two IDX files of a data set. */
export interface DataFiles {
  readonly images: string;
  readonly labels: string;
}

/** Writes the examples of the indices, in their order; makes the folder. */
export async function writeSubset(source: LabelledImages, indices: Int32Array, files: DataFiles): Promise<void> {
  const [, rows = 0, columns = 0] = source.images.shape;
  const size = rows * columns;
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint8Array(indices.length);
  for (const [row, index] of indices.entries()) {
    images.set(source.images.data.subarray(index * size, (index + 1) * size), row * size);
    labels[row] = source.labels.data[index] ?? 0;
  }
  await mkdir(dirname(files.images), { recursive: true, mode: 0o700 });
  await writeFile(files.images, encodeIdx({ shape: [indices.length, rows, columns], data: images }));
  await writeFile(files.labels, encodeIdx({ shape: [indices.length], data: labels }));
}
