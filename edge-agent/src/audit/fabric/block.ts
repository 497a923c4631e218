// A Fabric block as bytes: header, data and metadata, in the one encoding that a peer's block store holds.

import { common } from '@hyperledger/fabric-protos';
import { blockHeader, sha256 } from '@muster/protocol';
import { refuse, requireEqual, within } from '../refuse.ts';

export interface Block {
  readonly number: number;
  /** `block 17`, for refusals */
  readonly record: string;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
  /** DER of the header: what is hashed for the chain and signed by orderers (fabric, protoutil.BlockHeaderBytes) */
  readonly header: Uint8Array;
  readonly hash: Buffer;
  /** envelopes, encoded */
  readonly data: readonly Uint8Array[];
  /** SIGNATURES, LAST_CONFIG, TRANSACTIONS_FILTER, ORDERER, COMMIT_HASH (common.BlockMetadataIndex) */
  readonly metadata: readonly Uint8Array[];
}

/** Metadata by index, as fabric-protos numbers it. */
export const METADATA = {
  signatures: 0,
  lastConfig: 1,
  filter: 2,
  orderer: 3,
  commitHash: 4,
} as const;
const METADATA_COUNT = 5;

/** One encoding only: unknown fields, other orders and other lengths would be bytes that nothing vouches for. */
function requireCanonical(record: string, message: { serializeBinary(): Uint8Array }, bytes: Uint8Array): void {
  if (Buffer.compare(message.serializeBinary(), bytes) !== 0) refuse(record, 'is not encoded canonically');
}

/**
 * Takes a block apart and checks all of it that it vouches for by itself: its encoding, and its data by the data hash.
 * @param expected its number
 * @param stored whether a peer has stored it, and so added its own metadata; not so in the file a network is founded with
 * @throws ERR_AUDIT_FAILED
 */
export function readBlock(bytes: Uint8Array, expected: number, { stored = true } = {}): Block {
  const record = `block ${expected}`;
  return within(record, () => {
    const block = common.Block.deserializeBinary(bytes);
    requireCanonical(record, block, bytes);
    const told = block.getHeader() ?? refuse(record, 'has no header');
    const number = told.getNumber();
    if (number !== expected) refuse(record, `has the number ${number}`);
    const previousHash = told.getPreviousHash_asU8();
    const dataHash = told.getDataHash_asU8();
    if (dataHash.length !== 32 || previousHash.length !== (number === 0 ? 0 : 32)) refuse(record, 'has odd hashes');
    const data = block.getData()?.getDataList_asU8() ?? [];
    requireEqual(record, 'the hash of its data', sha256(...data), dataHash);
    // the hash covers the envelopes end to end: where one ends and the next begins, their encoding must say
    data.forEach((envelope, index) => {
      const transaction = `${record}, transaction ${index}`;
      requireCanonical(transaction, common.Envelope.deserializeBinary(envelope), envelope);
    });
    const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
    if (stored && metadata.length !== METADATA_COUNT) refuse(record, `has ${metadata.length} metadata`);
    const header = blockHeader(number, previousHash, dataHash);
    return { number, record, previousHash, dataHash, header, hash: sha256(header), data, metadata };
  });
}
