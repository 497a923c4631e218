// The data-set root of an agent: the tree over its examples.

import { leafHash, nodeHash } from '@muster/protocol';
import { expect, test } from '@jest/globals';
import { labelledImages } from '../data/index.ts';
import { dataSetRoot } from './shard.ts';

test('the root of a data set is that of RFC 6962 over image and label bytes', () => {
  const images = labelledImages(
    { shape: [3, 1, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { shape: [3], data: Uint8Array.of(7, 8, 9) },
  );
  const [a, b, c] = [
    [1, 2, 7],
    [3, 4, 8],
    [5, 6, 9],
  ].map((leaf) => leafHash(Uint8Array.from(leaf)));
  expect(dataSetRoot(images)).toBe(`sha256:${nodeHash(nodeHash(a!, b!), c!).toString('hex')}`);
});
