// One file of digests of every rule: the same for any order of arrival, any chunk and both kernels. test/arm64 has another
// processor compute them.

import { expect, test } from '@jest/globals';
import { aggregateDigest, digestInputs, type DigestInput } from '../../../test/support/aggregate-digests.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import { permutation } from './robust/before.ts';

const vectors = readVectors<DigestInput, string>('aggregate', 'digests');

test('there is a digest of every rule, alone and after all that may come before it', () => {
  expect(vectors.map(({ input }) => input)).toEqual(digestInputs());
});

test.each(vectors.map((vector) => [vector.title, vector] as const))('%s', (_title, { input, expect: expected }) => {
  const order = permutation(_title, input.updates);
  expect(aggregateDigest(input, { kernels: 'simd' })).toBe(expected);
  expect(aggregateDigest(input, { kernels: 'simd', blocksAtOnce: 1 }, order)).toBe(expected);
  expect(aggregateDigest(input, { kernels: 'plain', blocksAtOnce: 2 }, order)).toBe(expected);
});
