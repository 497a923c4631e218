// The data-set root: what an update's statement says of the examples it was made of, computed in bounded memory.
import { createMerkleTree, leafHash } from '@muster/protocol';
import { exampleBytes, type ExampleSource } from './source.ts';

/** Examples are read in portions of about so many bytes. */
const PORTION_BYTES = 1 << 22;

/** RFC 6962 root over the leaves of all examples, in their order. @throws what reading throws */
export async function dataSetRoot(source: ExampleSource): Promise<string> {
  const tree = createMerkleTree();
  const portion = Math.max(1, Math.floor(PORTION_BYTES / exampleBytes(source)));
  for (let from = 0; from < source.examples; from += portion) {
    for (const leaf of await source.leaves(from, Math.min(source.examples, from + portion))) tree.add(leafHash(leaf));
  }
  return `sha256:${tree.root().toString('hex')}`;
}
