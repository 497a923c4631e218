// Content ids: CIDv1 of the UnixFS profile `unixfs-v1-2025` (IPIP-0499): SHA-256, raw leaves, 1 MiB chunks, balanced, width 1024.

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

const cidFor = (codec: number, block: Uint8Array): CID => CID.createV1(codec, createMultihash(SHA2_256, sha256(block)));

function leaf(chunk: Uint8Array): Node {
  return { cid: cidFor(RAW, chunk), fileBytes: chunk.length, blockBytes: chunk.length };
}

function parent(children: readonly Node[]): Node {
  const file = new UnixFS({ type: 'file', blockSizes: children.map((child) => BigInt(child.fileBytes)) });
  const links = children.map((child): PBLink => ({ Name: '', Hash: child.cid, Tsize: child.blockBytes }));
  const block = encodePb(prepare({ Data: file.marshal(), Links: links }));
  const sum = (field: 'fileBytes' | 'blockBytes'): number => children.reduce((total, child) => total + child[field], 0);
  return { cid: cidFor(DAG_PB, block), fileBytes: sum('fileBytes'), blockBytes: block.length + sum('blockBytes') };
}

/**
 * The content id of some bytes, in base32 lower case: a raw leaf up to one chunk, a balanced UnixFS file above that.
 * Any IPFS node that adds the bytes with the same profile answers with the same id.
 */
export function cidOf(bytes: Uint8Array, { chunkBytes = CHUNK_BYTES, width = WIDTH } = {}): string {
  let level: Node[] = [];
  for (let start = 0; start < bytes.length || start === 0; start += chunkBytes) {
    level.push(leaf(bytes.subarray(start, start + chunkBytes)));
  }
  while (level.length > 1) {
    const above: Node[] = [];
    for (let start = 0; start < level.length; start += width) above.push(parent(level.slice(start, start + width)));
    level = above;
  }
  const [root] = level;
  return (root as Node).cid.toString();
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
