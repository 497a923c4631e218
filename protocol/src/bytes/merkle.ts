// Merkle trees of RFC 6962 (section 2.1): roots and inclusion proofs over data sets, update lists and transcripts.

import { MusterError } from '../errors.ts';
import { sha256 } from './digest.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const HASH_BYTES = 32;

/** SHA-256(0x00 || data). */
export function leafHash(data: Uint8Array): Buffer {
  return sha256(LEAF, data);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(NODE, left, right);
}

/** The largest power of two smaller than n, n >= 2. */
const split = (n: number): number => 2 ** (31 - Math.clz32(n - 1));

/** The root over leaf hashes; SHA-256 of nothing for an empty list. */
export function merkleRoot(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return Buffer.from(first);
  const k = split(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, k)), merkleRoot(leaves.slice(k)));
}

/** A tree that is built leaf by leaf and keeps one hash a level, so that there may be more leaves than fit in memory. */
export interface MerkleTree {
  /** @param hash of the next leaf, as {@link leafHash} makes it */
  readonly add: (hash: Uint8Array) => void;
  /** The root over what was added so far, the same as {@link merkleRoot} of all of it. */
  readonly root: () => Buffer;
}

export function createMerkleTree(): MerkleTree {
  /** Roots of full subtrees, the largest first. As with the digits of a binary number, no two are of one size. */
  const peaks: Uint8Array[] = [];
  let leaves = 0;
  return {
    add(hash) {
      let node = hash;
      for (let carry = leaves; carry % 2 === 1; carry = (carry - 1) / 2)
        node = nodeHash(peaks.pop() as Uint8Array, node);
      peaks.push(node);
      leaves++;
    },
    root: () => (leaves === 0 ? sha256() : Buffer.from(peaks.reduceRight((right, left) => nodeHash(left, right)))),
  };
}

/**
 * The audit path of a leaf, from the leaf up (RFC 6962, section 2.1.1).
 * @throws ERR_PROOF_INVALID where there is no such leaf
 */
export function inclusionProof(leaves: readonly Uint8Array[], index: number): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new MusterError('ERR_PROOF_INVALID', { reason: `no leaf ${index} in a tree of ${leaves.length}` });
  }
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...inclusionProof(leaves.slice(0, k), index), merkleRoot(leaves.slice(k))]
    : [...inclusionProof(leaves.slice(k), index - k), merkleRoot(leaves.slice(0, k))];
}

/** The claim an inclusion proof makes. */
export interface Inclusion {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

function refuse(reason: string): never {
  throw new MusterError('ERR_PROOF_INVALID', { reason });
}

/** The root a path leads to (RFC 9162, section 2.1.3.2). */
function follow({ index, size, leaf, proof }: Inclusion): Uint8Array {
  let hash: Uint8Array = leaf;
  let fn = index;
  let sn = size - 1;
  for (const sibling of proof) {
    if (sn === 0) refuse('path too long');
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)];
  }
  return sn === 0 ? hash : refuse('path too short');
}

/**
 * Verifies an inclusion proof. Index and size are the attacker's to choose, so both are checked.
 * @throws ERR_PROOF_INVALID
 */
export function verifyInclusion(claim: Inclusion): void {
  const { index, size, leaf, proof, root } = claim;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) {
    refuse(`no leaf ${index} in a tree of ${size}`);
  }
  // a root and a leaf of no bytes would be equal
  if ([leaf, root, ...proof].some((hash) => hash.length !== HASH_BYTES)) refuse('a hash is not 32 bytes');
  if (Buffer.compare(follow(claim), root) !== 0) refuse('the path leads to another root');
}
