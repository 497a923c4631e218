// Content ids: CIDv1 of the UnixFS profile `unixfs-v1-2025` (IPIP-0499): SHA-256, raw leaves, 1 MiB chunks, balanced, width 1024.

import { createHash, type Hash } from 'node:crypto';
import { encode as encodePb, prepare, type PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create as createMultihash } from 'multiformats/hashes/digest';
import { MusterError } from '../errors.ts';
import { sha256 } from './digest.ts';

const RAW = 0x55;
const DAG_PB = 0x70;
const SHA2_256 = 0x12;
const CHUNK_BYTES = 1024 * 1024;
const WIDTH = 1024;

/** A node of the DAG: its id, how many bytes of the file and how many of blocks are below it. */
interface Node {
  readonly cid: CID;
  readonly fileBytes: number;
  readonly blockBytes: number;
}

const cidFor = (codec: number, digest: Buffer): CID => CID.createV1(codec, createMultihash(SHA2_256, digest));

function leaf(digest: Buffer, bytes: number): Node {
  return { cid: cidFor(RAW, digest), fileBytes: bytes, blockBytes: bytes };
}

function parent(children: readonly Node[]): Node {
  const file = new UnixFS({ type: 'file', blockSizes: children.map((child) => BigInt(child.fileBytes)) });
  const links = children.map((child): PBLink => ({ Name: '', Hash: child.cid, Tsize: child.blockBytes }));
  const block = encodePb(prepare({ Data: file.marshal(), Links: links }));
  const sum = (field: 'fileBytes' | 'blockBytes'): number => children.reduce((total, child) => total + child[field], 0);
  return {
    cid: cidFor(DAG_PB, sha256(block)),
    fileBytes: sum('fileBytes'),
    blockBytes: block.length + sum('blockBytes'),
  };
}

/** How a file is cut; others than the profile's own are for tests of the tree's shape. */
export interface Chunking {
  readonly chunkBytes?: number;
  readonly width?: number;
}

/**
 * Makes a content id of bytes that come piece by piece, for files too large to be held: nothing is kept but one link for
 * each chunk.
 */
export class CidBuilder {
  readonly #chunkBytes: number;
  readonly #width: number;
  readonly #leaves: Node[] = [];
  /** of the chunk that is begun, if one is */
  #hash: Hash | undefined;
  #filled = 0;

  constructor({ chunkBytes = CHUNK_BYTES, width = WIDTH }: Chunking = {}) {
    this.#chunkBytes = chunkBytes;
    this.#width = width;
  }

  /** Takes the next bytes of the file; they may be reused after the call. */
  update(bytes: Uint8Array): this {
    for (let start = 0; start < bytes.length;) {
      const piece = bytes.subarray(start, start + this.#chunkBytes - this.#filled);
      start += piece.length;
      // most chunks of what comes in one piece are whole
      if (piece.length === this.#chunkBytes) this.#leaves.push(leaf(sha256(piece), piece.length));
      else this.#append(piece);
    }
    return this;
  }

  #append(piece: Uint8Array): void {
    this.#hash ??= createHash('sha256');
    this.#hash.update(piece);
    this.#filled += piece.length;
    if (this.#filled < this.#chunkBytes) return;
    this.#leaves.push(leaf(this.#hash.digest(), this.#filled));
    this.#hash = undefined;
    this.#filled = 0;
  }

  /** The content id of all bytes taken, in base32 lower case. */
  cid(): string {
    const last = this.#hash?.copy().digest() ?? sha256('');
    const rest = this.#filled > 0 || this.#leaves.length === 0 ? [leaf(last, this.#filled)] : [];
    let level = [...this.#leaves, ...rest];
    while (level.length > 1) {
      const above: Node[] = [];
      for (let start = 0; start < level.length; start += this.#width) {
        above.push(parent(level.slice(start, start + this.#width)));
      }
      level = above;
    }
    const [root] = level;
    return (root as Node).cid.toString();
  }
}

/**
 * The content id of some bytes, in base32 lower case: a raw leaf up to one chunk, a balanced UnixFS file above that.
 * Any IPFS node that adds the bytes with the same profile answers with the same id.
 */
export function cidOf(bytes: Uint8Array, chunking: Chunking = {}): string {
  const { chunkBytes = CHUNK_BYTES } = chunking;
  if (bytes.length <= chunkBytes) return leaf(sha256(bytes), bytes.length).cid.toString();
  return new CidBuilder(chunking).update(bytes).cid();
}

/** What a content id of ours looks like: CIDv1, base32, raw or dag-pb, SHA-256. */
export const CID_PATTERN = /^baf(kre|ybe)i[a-z2-7]{52}$/;

/**
 * Checks the form of a content id.
 * @throws ERR_CID_INVALID for anything but CIDv1, base32, raw or dag-pb, SHA-256
 */
export function parseCid(cid: string): CID {
  if (!CID_PATTERN.test(cid)) {
    throw new MusterError('ERR_CID_INVALID', {
      cid: cid.slice(0, 80),
      reason: 'not CIDv1, base32, raw or dag-pb, SHA-256',
    });
  }
  try {
    return CID.parse(cid);
  } catch (cause) {
    throw new MusterError('ERR_CID_INVALID', { cid, reason: 'does not decode' }, { cause });
  }
}

/**
 * Checks that bytes are those a content id names.
 * @throws ERR_CID_INVALID, ERR_ARTEFACT_MISMATCH
 */
export function verifyCid(cid: string, bytes: Uint8Array): void {
  parseCid(cid);
  const actual = cidOf(bytes);
  if (actual !== cid) throw new MusterError('ERR_ARTEFACT_MISMATCH', { cid, actual });
}
