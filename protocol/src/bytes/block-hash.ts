// The hash of a Fabric block's header: SHA-256 over DER of SEQUENCE { number, previous hash, data hash } (fabric,
// protoutil.BlockHeaderBytes). The next block names it, and orderers sign these bytes.

import { sha256 } from './digest.ts';

function der(tag: number, body: Uint8Array): Buffer {
  // lengths here are below 128: a number of at most 9 bytes and two hashes
  return Buffer.concat([Uint8Array.of(tag, body.length), body]);
}

function derInteger(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  if (bytes.length === 0 || (bytes[0] as number) >= 0x80) bytes.unshift(0);
  return der(0x02, Uint8Array.from(bytes));
}

/** The DER form of a block's header. */
export function blockHeader(number: number, previousHash: Uint8Array, dataHash: Uint8Array): Buffer {
  return der(0x30, Buffer.concat([derInteger(number), der(0x04, previousHash), der(0x04, dataHash)]));
}

/** The hash of a block, 32 bytes. */
export function blockHash(number: number, previousHash: Uint8Array, dataHash: Uint8Array): Buffer {
  return sha256(blockHeader(number, previousHash, dataHash));
}
