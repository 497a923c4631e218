// A block's orderers: a quorum of the channel's consenters signed its header (fabric, protoutil.BlockSignatureVerifier).

import { common } from '@hyperledger/fabric-protos';
import { refuse, requireEqual, within } from '../refuse.ts';
import { METADATA, type Block } from './block.ts';
import { quorumOf, type ChannelConfig } from './channel-config.ts';
import { isSigned } from './signature.ts';

/** A signature with an empty signature header: consenters are named by number, in the identifier header. */
function signerOf(
  { record, header }: Block,
  config: ChannelConfig,
  value: Uint8Array,
  signature: common.MetadataSignature,
): string {
  const identifier = signature.getIdentifierHeader_asU8();
  if (signature.getSignatureHeader_asU8().length > 0 || identifier.length === 0) {
    return refuse(record, 'a signature names its orderer otherwise than by number');
  }
  const read = common.IdentifierHeader.deserializeBinary(identifier);
  const id = read.getIdentifier();
  const consenter =
    config.consenters.find((known) => known.id === id) ?? refuse(record, `no orderer has the number ${id}`);
  const identity =
    config.identityOf(consenter.identity) ?? refuse(record, `the certificate of orderer ${id} is not valid`);
  const signed = Buffer.concat([value, identifier, header]);
  if (!isSigned(identity.key, signed, signature.getSignature_asU8())) {
    refuse(record, `the signature of orderer ${id} (${consenter.organisation}) is not valid`);
  }
  return `${id}`;
}

/** What orderers sign beside the header: which configuration block counts. */
function requireLastConfig({ record }: Block, value: Uint8Array, lastConfig: number): void {
  const signed = common.OrdererBlockMetadata.deserializeBinary(value);
  const named = signed.getLastConfig()?.getIndex() ?? 0;
  if (named !== lastConfig)
    refuse(record, `its orderers name block ${named} as the last configuration, it is ${lastConfig}`);
}

/**
 * Verifies the signatures of a block's orderers. All must be valid, by different orderers, and a quorum of them.
 * @param config that of the blocks before this one
 * @returns how many signed
 * @throws ERR_AUDIT_FAILED
 */
export function verifyOrderers(block: Block, config: ChannelConfig, lastConfig: number): number {
  const { record } = block;
  return within(record, () => {
    const bytes = block.metadata[METADATA.signatures] as Uint8Array;
    const metadata = common.Metadata.deserializeBinary(bytes);
    requireEqual(record, 'the encoding of its signatures', bytes, metadata.serializeBinary());
    const value = metadata.getValue_asU8();
    const signers = metadata.getSignaturesList().map((signature) => signerOf(block, config, value, signature));
    const distinct = new Set(signers).size;
    const needed = quorumOf(config.consenters.length);
    if (distinct !== signers.length) refuse(record, 'an orderer signed twice');
    if (distinct < needed)
      refuse(record, `${distinct} of ${config.consenters.length} orderers signed, ${needed} are needed`);
    requireLastConfig(block, value, lastConfig);
    return distinct;
  });
}
