// An agent's own examples: where they lie, and what is said of them.

import { dataSetRoot, inMemory, openSource, type DataFiles, type DataOrigin, type DataSet } from '../data/index.ts';

export interface Shard {
  readonly data: DataOrigin;
  /** what an update's statement says of the examples */
  readonly dataset: { readonly root: string; readonly size: number };
}

async function shardOf(data: DataOrigin): Promise<Shard> {
  const source = await openSource(data);
  try {
    return { data, dataset: { root: await dataSetRoot(source), size: source.examples } };
  } finally {
    await source.close();
  }
}

/**
 * Reads through examples to train on, for their commitment.
 * @throws ERR_DATA_MALFORMED
 */
export function readShard(files: DataFiles): Promise<Shard> {
  return shardOf({ kind: 'idx', files });
}

/** A shard of a data set in memory. */
export function shardInMemory(data: DataSet): Promise<Shard> {
  return shardOf(inMemory(data));
}
