// MNIST cut over clients into the folders that Flower's clients (and any agent of ours) read.
import { join } from 'node:path';
import { parsePartition, partition, readMnist, writeSubset } from '../edge-agent/src/data/index.ts';

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
  const train = await readMnist('train');
  const parts = partition(train.labels.data, { partition: parsePartition(split), agents: clients, seed });
  for (const [client, indices] of parts.entries()) {
    const own = join(folder, `client-${client}`);
    await writeSubset(train, indices, { images: join(own, 'images.idx'), labels: join(own, 'labels.idx') });
  }
  return parts.map(({ length }) => length);
}
