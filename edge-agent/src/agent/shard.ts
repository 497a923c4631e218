// An agent's own examples: read from IDX files, and committed to by an RFC 6962 root.

import { leafHash, merkleRoot } from '@muster/protocol';
import { readFile } from 'node:fs/promises';
import { dataSetOf, decodeIdx, labelledImages, type DataSet, type LabelledImages } from '../data/index.ts';

/** Paths of a pair of IDX files. */
export interface ShardFiles {
  readonly images: string;
  readonly labels: string;
}

export interface Shard {
  readonly data: DataSet;
  /** what an update's statement says of the examples */
  readonly dataset: { readonly root: string; readonly size: number };
}

/** RFC 6962 root over the examples in file order; a leaf is the image's bytes, then its label's byte. */
export function dataSetRoot({ images, labels }: LabelledImages): string {
  const count = labels.data.length;
  const bytes = images.data.length / count;
  const leaves = Array.from({ length: count }, (_, i) =>
    leafHash(Buffer.concat([images.data.subarray(i * bytes, (i + 1) * bytes), labels.data.subarray(i, i + 1)])),
  );
  return `sha256:${merkleRoot(leaves).toString('hex')}`;
}

async function readImages({ images, labels }: ShardFiles): Promise<LabelledImages> {
  const [imageBytes, labelBytes] = await Promise.all([readFile(images), readFile(labels)]);
  return labelledImages(decodeIdx(imageBytes, images), decodeIdx(labelBytes, labels));
}

/**
 * Reads IDX files as examples to evaluate on.
 * @throws ERR_DATA_MALFORMED
 */
export async function readExamples(files: ShardFiles): Promise<DataSet> {
  return dataSetOf(await readImages(files));
}

/**
 * Reads IDX files as examples to train on, with their commitment.
 * @throws ERR_DATA_MALFORMED
 */
export async function readShard(files: ShardFiles): Promise<Shard> {
  const images = await readImages(files);
  return { data: dataSetOf(images), dataset: { root: dataSetRoot(images), size: images.labels.data.length } };
}
