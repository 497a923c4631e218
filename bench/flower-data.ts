// MNIST cut over clients into the folders that Flower's clients (and any agent of ours) read.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeIdx, parsePartition, partition, readMnist } from '../edge-agent/src/data/index.ts';

/** @param clients number of them @param split iid, shards or dirichlet:<alpha> */
export interface ClientDataOptions {
  readonly clients: number;
  readonly split: string;
  readonly seed: number;
}

/**
 * Writes `client-<n>/images.idx` and `client-<n>/labels.idx` for every client, of all 60,000 training images.
 * @returns the number of examples of each client
 */
export async function writeClientData(folder: string, { clients, split, seed }: ClientDataOptions): Promise<number[]> {
  const { images, labels } = await readMnist('train');
  const [, height = 0, width = 0] = images.shape;
  const size = height * width;
  const parts = partition(labels.data, { partition: parsePartition(split), agents: clients, seed });
  for (const [client, indices] of parts.entries()) {
    const pixels = new Uint8Array(indices.length * size);
    for (const [row, index] of indices.entries()) {
      pixels.set(images.data.subarray(index * size, (index + 1) * size), row * size);
    }
    const chosen = Uint8Array.from(indices, (index) => labels.data[index] ?? 0);
    const own = join(folder, `client-${client}`);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'images.idx'), encodeIdx({ shape: [indices.length, height, width], data: pixels }));
    await writeFile(join(own, 'labels.idx'), encodeIdx({ shape: [indices.length], data: chosen }));
  }
  return parts.map(({ length }) => length);
}
