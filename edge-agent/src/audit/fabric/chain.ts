// A chain of blocks, verified one after the other from the genesis block on. Nothing is believed but the anchor.

import { common, peer } from '@hyperledger/fabric-protos';
import { refuse, requireEqual, within } from '../refuse.ts';
import { readBlock, type Block } from './block.ts';
import { requireCommitHash, requireFlags, requireGenesisMetadata, requireLastConfig } from './block-metadata.ts';
import { readChannelConfig, type ChannelConfig } from './channel-config.ts';
import { verifyConfigUpdate } from './config-update.ts';
import { verifyOrderers } from './orderer-signatures.ts';
import { isSigned } from './signature.ts';
import { readHeader } from './transaction.ts';
import { judgeTransactions, type Judged } from './validate.ts';
import { Batch, commitHash, WorldState } from './world-state.ts';

/** A block that was verified. */
export interface Verified {
  readonly block: Block;
  readonly transactions: readonly Judged[];
  /** orderers that signed; 0 for the genesis block, which the anchor vouches for */
  readonly orderers: number;
  readonly isConfiguration: boolean;
}

/** A block that holds, and what taking it up changes; nothing has changed yet. */
export interface Examined extends Verified {
  readonly batch: Batch;
  readonly config: ChannelConfig;
  readonly commitHash: Buffer;
}

/** The anchor: what the auditor knows from elsewhere. */
export interface Anchor {
  /** hash of the genesis block's header, 32 bytes */
  readonly genesis: Uint8Array;
}

export class Chain {
  readonly state = new WorldState();
  readonly #anchor: Anchor;
  readonly #seen = new Set<string>();
  #config: ChannelConfig | undefined;
  #height = 0;
  #lastConfig = 0;
  #hash: Buffer = Buffer.alloc(0);
  #commitHash: Buffer = Buffer.alloc(0);

  constructor(anchor: Anchor) {
    this.#anchor = anchor;
  }

  /** How many blocks were verified. */
  get height(): number {
    return this.#height;
  }

  /** The running digest of all state, as every honest peer computes it. */
  get commitHash(): Buffer {
    return this.#commitHash;
  }

  /** The hash of the last block's header. */
  get hash(): Buffer {
    return this.#hash;
  }

  get config(): ChannelConfig {
    return this.#config ?? refuse('block 0', 'has not been verified');
  }

  /**
   * Takes up a block that {@link examine} has just found to hold.
   * @throws TypeError where it is not the next
   */
  adopt(examined: Examined): void {
    const { block, batch, config, transactions, isConfiguration } = examined;
    if (block.number !== this.#height) throw new TypeError(`${block.record} is not the next`);
    this.state.commit(batch);
    for (const { header } of transactions) if (header !== undefined) this.#seen.add(header.transaction);
    this.#config = config;
    if (isConfiguration) this.#lastConfig = block.number;
    this.#hash = block.hash;
    this.#commitHash = examined.commitHash;
    this.#height += 1;
  }

  /**
   * Verifies the next block and changes nothing.
   * @throws ERR_AUDIT_FAILED naming block or transaction
   */
  examine(bytes: Uint8Array): Examined {
    const block = readBlock(bytes, this.#height);
    const { record } = block;
    return within(record, () => {
      if (block.number === 0) return this.#examineGenesis(block);
      requireEqual(record, 'the hash of the block before', block.previousHash, this.#hash);
      const configuration = this.#configurationIn(block);
      const isConfiguration = configuration !== undefined;
      const lastConfig = isConfiguration ? block.number : this.#lastConfig;
      const orderers = verifyOrderers(block, this.config, lastConfig);
      const { judged, batch } = isConfiguration
        ? { judged: [], batch: new Batch(this.state) }
        : judgeTransactions(record, block.number, block.data, {
            config: this.config,
            state: this.state,
            seen: this.#seen,
          });
      const flags = isConfiguration ? [peer.TxValidationCode.VALID] : judged.map(({ flag }) => flag);
      requireFlags(block, flags);
      requireLastConfig(block, lastConfig);
      const next = commitHash(Uint8Array.from(flags), batch.changes.values(), this.#commitHash);
      requireCommitHash(block, next);
      return {
        block,
        transactions: judged,
        orderers,
        isConfiguration,
        batch,
        config: configuration ?? this.config,
        commitHash: next,
      };
    });
  }

  #examineGenesis(block: Block): Examined {
    const { record, data } = block;
    requireEqual(record, 'its hash, which the anchor pins,', block.hash, this.#anchor.genesis);
    const [envelope] = data;
    if (envelope === undefined || data.length !== 1) return refuse(record, 'is not one configuration');
    const header = readHeader(envelope);
    if (header.type !== common.HeaderType.CONFIG) return refuse(record, 'is no configuration');
    requireFlags(block, [peer.TxValidationCode.VALID]);
    requireLastConfig(block, 0);
    requireGenesisMetadata(block);
    return {
      block,
      transactions: [],
      orderers: 0,
      isConfiguration: true,
      batch: new Batch(this.state),
      config: readChannelConfig(record, header.channel, header.data),
      commitHash: Buffer.alloc(0),
    };
  }

  /** The configuration that a block brings; alone in its block, signed by an orderer, made of the one before by those who may. */
  #configurationIn({ record, data }: Block): ChannelConfig | undefined {
    const [first] = data;
    if (first === undefined) return refuse(record, 'is empty');
    const types = data.map((envelope) => typeOf(envelope));
    if (!types.includes(common.HeaderType.CONFIG)) return undefined;
    if (data.length !== 1) return refuse(record, 'has a configuration beside other transactions');
    const header = readHeader(first);
    const creator = this.config.identityOf(header.creator);
    if (creator === undefined || !isSigned(creator.key, header.payload, header.signature)) {
      return refuse(record, 'the signature of its configuration is not valid');
    }
    const config = readChannelConfig(record, header.channel, header.data);
    if (config.channel !== this.config.channel || config.sequence !== this.config.sequence + 1) {
      return refuse(record, `configuration ${config.sequence} does not follow on ${this.config.sequence}`);
    }
    verifyConfigUpdate(record, this.config, header.data);
    return config;
  }
}

function typeOf(envelope: Uint8Array): number | undefined {
  try {
    return readHeader(envelope).type;
  } catch {
    return undefined; // judged with the other transactions: bytes that do not parse have their own flag
  }
}
