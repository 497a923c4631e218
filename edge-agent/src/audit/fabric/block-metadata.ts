// Metadata of a block that no orderer signs: flags, commit hash, the last configuration said once more, and what must be empty.

import { common, peer } from '@hyperledger/fabric-protos';
import { refuse, requireEqual } from '../refuse.ts';
import { METADATA, type Block } from './block.ts';

const NAMES = new Map<number, string>(Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]));
const nameOf = (flag: number | undefined): string => NAMES.get(flag ?? -1) ?? String(flag);

/**
 * Validation flags are each peer's own words, signed by nobody: they must be those that the content asks for.
 * @throws ERR_AUDIT_FAILED
 */
export function requireFlags({ record, metadata }: Block, flags: readonly number[]): void {
  const recorded = metadata[METADATA.filter] as Uint8Array;
  flags.forEach((flag, index) => {
    if (recorded[index] === flag) return;
    refuse(
      `${record}, transaction ${index}`,
      `is ${nameOf(flag)} by its content, and recorded as ${nameOf(recorded[index])}`,
    );
  });
  if (recorded.length !== flags.length) refuse(record, `has ${recorded.length} flags for ${flags.length} transactions`);
}

/**
 * The last configuration stands beside what orderers sign too, where nobody signs it (fabric, smartbft.Assembler); what else
 * metadata could say is not used.
 * @param lastConfig number of the block whose configuration counts
 * @throws ERR_AUDIT_FAILED
 */
export function requireLastConfig({ record, metadata }: Block, lastConfig: number): void {
  const index = new common.LastConfig();
  index.setIndex(lastConfig);
  const expected = new common.Metadata();
  expected.setValue(index.serializeBinary());
  const recorded = metadata[METADATA.lastConfig] as Uint8Array;
  requireEqual(record, 'the last configuration in its metadata', recorded, expected.serializeBinary());
  const unused = metadata[METADATA.orderer] as Uint8Array;
  requireEqual(record, `metadata ${METADATA.orderer}, which is not used,`, unused, new Uint8Array());
}

/** So must the commit hash. @throws ERR_AUDIT_FAILED */
export function requireCommitHash({ record, metadata }: Block, expected: Buffer): void {
  const recorded = new common.Metadata();
  recorded.setValue(expected);
  requireEqual(record, 'its commit hash', metadata[METADATA.commitHash] as Uint8Array, recorded.serializeBinary());
}

/** As configtxgen writes it: an empty set of signatures over "the last configuration is this". */
function genesisSignatures(): Uint8Array {
  const value = new common.OrdererBlockMetadata();
  value.setLastConfig(new common.LastConfig());
  const metadata = new common.Metadata();
  metadata.setValue(value.serializeBinary());
  return metadata.serializeBinary();
}

/** The genesis block was made before there were orderers or state. @throws ERR_AUDIT_FAILED */
export function requireGenesisMetadata({ record, metadata }: Block): void {
  const signatures = metadata[METADATA.signatures] as Uint8Array;
  requireEqual(record, 'its signatures, of which a genesis block has none,', signatures, genesisSignatures());
  requireEqual(record, 'its commit hash', metadata[METADATA.commitHash] as Uint8Array, new Uint8Array());
}
