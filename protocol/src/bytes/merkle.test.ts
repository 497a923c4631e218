// Merkle trees against the reference implementation's vectors, and by property for every leaf of every small tree.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import { createMerkleTree, inclusionProof, leafHash, merkleRoot, nodeHash, verifyInclusion } from './merkle.ts';

const hex = (text: string | null): Buffer => Buffer.from(text ?? '', 'hex');
const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, i) => leafHash(Uint8Array.of(i)));

interface Probe {
  readonly index: number;
  readonly size: number;
  readonly root: string | null;
  readonly leaf: string | null;
  readonly proof: readonly string[];
}

describe('a Merkle root', () => {
  test.each(readVectors<string[], string>('merkle', 'roots'))('$title', ({ input, expect: expected }) => {
    expect(merkleRoot(input.map((leaf) => leafHash(hex(leaf)))).toString('hex')).toBe(expected);
  });

  test('hashes a node with its own prefix (transparency-dev/merkle rfc6962_test.go)', () => {
    expect(nodeHash(Buffer.from('N123'), Buffer.from('N456')).toString('hex')).toBe(
      'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
    );
  });
});

test('a tree built leaf by leaf has the root of the list, at every size', () => {
  const tree = createMerkleTree();
  for (let size = 0; size <= 70; size++) {
    expect(tree.root()).toEqual(merkleRoot(leavesOf(size)));
    tree.add(leafHash(Uint8Array.of(size)));
  }
});

describe('an inclusion proof', () => {
  test.each(readVectors<Probe, 'included'>('merkle', 'inclusion'))('$title', ({ input, error }) => {
    const claim = { ...input, root: hex(input.root), leaf: hex(input.leaf), proof: input.proof.map(hex) };
    if (error === undefined) expect(() => verifyInclusion(claim)).not.toThrow();
    else expect(refusal(() => verifyInclusion(claim)).code).toBe(error);
  });

  test('holds for every leaf of every tree up to 40, and for no other place, size or bit', () => {
    for (let size = 1; size <= 40; size++) {
      const leaves = leavesOf(size);
      const root = merkleRoot(leaves);
      leaves.forEach((leaf, index) => {
        const proof = inclusionProof(leaves, index);
        const claim = { index, size, leaf, proof, root };
        verifyInclusion(claim);
        // the two neighbours and the mirror image of the place, a flipped bit in the proof, a path cut off or prolonged
        for (const wrong of [index - 1, index + 1, index ^ 1]) {
          expect(refusal(() => verifyInclusion({ ...claim, index: wrong })).code).toBe('ERR_PROOF_INVALID');
        }
        proof.forEach((sibling, i) => {
          const flipped = Buffer.from(sibling);
          flipped.writeUInt8(flipped.readUInt8(index % 32) ^ 1, index % 32);
          const bent = proof.with(i, flipped);
          expect(refusal(() => verifyInclusion({ ...claim, proof: bent })).code).toBe('ERR_PROOF_INVALID');
        });
        expect(refusal(() => verifyInclusion({ ...claim, proof: [...proof, leaf] })).code).toBe('ERR_PROOF_INVALID');
        expect(refusal(() => verifyInclusion({ ...claim, size: size * 2 })).code).toBe('ERR_PROOF_INVALID');
      });
    }
  });

  test.each([-1, 3, 0.5, NaN])('does not exist for leaf %p of 3', (index) => {
    expect(refusal(() => inclusionProof(leavesOf(3), index)).code).toBe('ERR_PROOF_INVALID');
  });

  test.each([
    [0, 0],
    [0, -1],
    [0, 1.5],
    [0.5, 1],
    [0, 2 ** 53],
    [0, Infinity],
  ])('is refused for place %p in a tree of %p', (index, size) => {
    const [leaf] = leavesOf(1) as [Buffer];
    expect(refusal(() => verifyInclusion({ index, size, leaf, proof: [], root: leaf })).code).toBe('ERR_PROOF_INVALID');
  });
});
