// An agent's own examples: where they lie, and what is said of them.

import { describeData, type DataOrigin } from '../data/index.ts';

export interface Shard {
  readonly data: DataOrigin;
  /** what an update's statement says of the examples */
  readonly dataset: { readonly root: string; readonly size: number };
}

/**
 * Reads through examples to train on, for their commitment.
 * @throws ERR_DATA_MALFORMED
 */
export async function readShard(data: DataOrigin): Promise<Shard> {
  const { root, examples } = await describeData(data);
  return { data, dataset: { root, size: examples } };
}
