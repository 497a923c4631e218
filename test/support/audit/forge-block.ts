// Blocks as an attacker would forge them: changed, and every hash that anyone may compute set right again.

import { common } from '@hyperledger/fabric-protos';
import { sha256 } from '@muster/protocol';

/** Where in a block a change is made. */
export interface Forgery {
  readonly data?: (data: Uint8Array[]) => Uint8Array[];
  readonly metadata?: (metadata: Uint8Array[]) => Uint8Array[];
  readonly header?: (header: common.BlockHeader) => void;
}

/** Forges a block; its data hash fits its data. */
export function forgeBlock(bytes: Uint8Array, { data, metadata, header }: Forgery): Uint8Array {
  const block = common.Block.deserializeBinary(bytes);
  const [body, told, head] = [block.getData()!, block.getMetadata()!, block.getHeader()!];
  if (data !== undefined) {
    const forged = data(body.getDataList_asU8());
    body.setDataList(forged);
    head.setDataHash(sha256(...forged));
  }
  if (metadata !== undefined) told.setMetadataList(metadata(told.getMetadataList_asU8()));
  header?.(head);
  return block.serializeBinary();
}

/** Bytes with one bit turned. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
  return flipped;
}
