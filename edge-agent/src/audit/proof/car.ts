// CARv1 (ipld.io/specs/transport/car/carv1): a header that names the root, then sections, each a content id and its bytes.
// Written and read in one form only, so that no bit of a file is free. The stock library reads these files (car.test.ts).

import { sha256 } from '@muster/protocol';
import { CID } from 'multiformats/cid';
import { create as createMultihash } from 'multiformats/hashes/digest';
import { refuse } from '../refuse.ts';

const RAW = 0x55;
const SHA2_256 = 0x12;
/** version, codec, hash function, hash length, hash */
const CID_BYTES = 36;
const CID_PREFIX = Buffer.from([0x01, RAW, SHA2_256, 32]);
/** dag-cbor of { roots: [cid], version: 1 } around the bytes of the cid */
const HEADER_START = Buffer.from('a265726f6f747381d82a582500', 'hex');
const HEADER_END = Buffer.from('6776657273696f6e01', 'hex');
const HEADER_BYTES = HEADER_START.length + CID_BYTES + HEADER_END.length;
const SECTION_MAX = 2 ** 31;

/** Bytes that can be read from anywhere: a file, or what is in memory. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Buffer;
}

export function bufferSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => Buffer.from(bytes.subarray(offset, offset + length)) };
}

/** The content id of a section: a raw leaf. */
export function sectionCid(bytes: Uint8Array): string {
  return CID.createV1(RAW, createMultihash(SHA2_256, sha256(bytes))).toString();
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** The file's bytes, piece by piece: the root first. */
export function* writeCar(root: Uint8Array, sections: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield Buffer.concat([varint(HEADER_BYTES), HEADER_START, CID_PREFIX, sha256(root), HEADER_END]);
  const written = new Set<string>();
  for (const bytes of [root, ...sections]) {
    const hash = sha256(bytes);
    const id = hash.toString('latin1');
    if (written.has(id)) continue; // the same bytes are there already
    written.add(id);
    yield Buffer.concat([varint(CID_BYTES + bytes.length), CID_PREFIX, hash]);
    yield bytes;
  }
}

/** A file, indexed but not yet believed: bytes are checked against their content id when they are read. */
export interface Car {
  readonly root: string;
  /** content ids in the order of the file, the root's first */
  readonly order: readonly string[];
  /** @throws ERR_AUDIT_FAILED where the section is missing, or its bytes are others */
  read(cid: string, record: string): Buffer;
  has(cid: string): boolean;
}

/** A length in the one form it may have, and where it ends. */
function readVarint(source: ByteSource, offset: number, record: string): { value: number; end: number } {
  const bytes = source.read(offset, Math.min(9, source.size - offset));
  let value = 0;
  for (const [at, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 0x80 ** at;
    if (byte >= 0x80) continue;
    if (byte === 0 && at > 0) return refuse(record, 'its length is written longer than need be');
    return { value, end: offset + at + 1 };
  }
  return refuse(record, 'its length does not end');
}

function readCid(bytes: Buffer, record: string): string {
  if (bytes.length !== CID_BYTES || !bytes.subarray(0, CID_PREFIX.length).equals(CID_PREFIX)) {
    return refuse(record, 'its content id is not CIDv1, raw, SHA-256');
  }
  return CID.createV1(RAW, createMultihash(SHA2_256, bytes.subarray(CID_PREFIX.length))).toString();
}

function readHeader(source: ByteSource): { root: string; end: number } {
  const record = 'header of the proof file';
  const { value, end } = readVarint(source, 0, record);
  const header = source.read(end, HEADER_BYTES);
  const isOurs =
    value === HEADER_BYTES &&
    header.subarray(0, HEADER_START.length).equals(HEADER_START) &&
    header.subarray(HEADER_START.length + CID_BYTES).equals(HEADER_END);
  if (!isOurs) return refuse(record, 'is not that of a CAR, version 1, with one root');
  return {
    root: readCid(header.subarray(HEADER_START.length, HEADER_START.length + CID_BYTES), record),
    end: end + value,
  };
}

/**
 * Indexes a file.
 * @throws ERR_AUDIT_FAILED where it is not written as {@link writeCar} does
 */
export function openCar(source: ByteSource): Car {
  const { root, end } = readHeader(source);
  const index = new Map<string, { offset: number; length: number }>();
  for (let offset = end; offset < source.size;) {
    const record = `section ${index.size} of the proof file`;
    const { value, end: start } = readVarint(source, offset, record);
    if (value < CID_BYTES || value > SECTION_MAX || start + value > source.size) refuse(record, 'is cut off');
    const cid = readCid(source.read(start, CID_BYTES), record);
    if (index.has(cid)) refuse(record, `${cid} is there twice`);
    index.set(cid, { offset: start + CID_BYTES, length: value - CID_BYTES });
    offset = start + value;
  }
  const order = [...index.keys()];
  if (order[0] !== root) refuse('header of the proof file', 'its root is not the first section');
  return {
    root,
    order,
    has: (cid) => index.has(cid),
    read(cid, record) {
      const at = index.get(cid) ?? refuse(record, `${cid} is not in the proof file`);
      const bytes = source.read(at.offset, at.length);
      if (sectionCid(bytes) !== cid) refuse(record, `its bytes in the proof file are not those of ${cid}`);
      return bytes;
    },
  };
}
