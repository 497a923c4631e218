// An agent's own examples: where they lie, and what is said of them.

import { dataSetRoot, shareSource, type DataOrigin } from '../data/index.ts';

export interface Shard {
  readonly data: DataOrigin;
  /** what an update's statement says of the examples */
  readonly dataset: { readonly root: string; readonly size: number };
  /** Lets go of the examples, once nobody trains on them any more. */
  readonly close: () => Promise<void>;
}

/**
 * Reads through examples to train on, for their commitment.
 * @throws ERR_DATA_MALFORMED
 */
export async function readShard(data: DataOrigin): Promise<Shard> {
  const { source, origin, close } = await shareSource(data);
  try {
    return { data: origin, dataset: { root: await dataSetRoot(source), size: source.examples }, close };
  } catch (error) {
    await close();
    throw error;
  }
}
