// The whole ledger audited block by block: Fabric's rules first, Muster's acts on the state before each block second.

import { peer } from '@hyperledger/fabric-protos';
import { DIGEST_PATTERN } from '@muster/protocol';
import { Chain, type Anchor, type Examined } from '../fabric/chain.ts';
import { definedPolicy, endorsersOf } from '../fabric/endorsement.ts';
import type { Judged } from '../fabric/validate.ts';
import { refuse } from '../refuse.ts';
import type { Replayed } from './replay-acts.ts';
import { readsOf, ReplayedLedger } from './replayed-ledger.ts';
import { replayTransaction } from './replay.ts';

/** An act on the ledger, and where. */
export interface RecordedAct extends Replayed {
  readonly block: number;
  /** index in the block */
  readonly index: number;
  readonly transaction: string;
  readonly at: number;
  /** organisations whose peers' endorsements are valid */
  readonly endorsedBy: readonly string[];
}

/** What has been verified so far. */
export interface Totals {
  readonly blocks: number;
  readonly transactions: number;
  readonly invalid: number;
  readonly configurations: number;
  readonly ordererSignatures: number;
  readonly acts: number;
  readonly bytes: number;
}

/** A block that holds, with its acts decided again; nothing has changed yet. */
export interface AuditedBlock {
  readonly examined: Examined;
  readonly acts: readonly RecordedAct[];
  readonly bytes: number;
}

const NOTHING: Totals = {
  blocks: 0,
  transactions: 0,
  invalid: 0,
  configurations: 0,
  ordererSignatures: 0,
  acts: 0,
  bytes: 0,
};

/** The anchor of a digest's text, `sha256:…`. */
export function anchorOf(digest: string): Anchor {
  if (!DIGEST_PATTERN.test(digest)) return refuse('anchor', 'is not sha256:<64 hex digits>');
  return { genesis: Buffer.from(digest.slice('sha256:'.length), 'hex') };
}

export class LedgerAudit {
  readonly chain: Chain;
  readonly chaincode: string;
  /** every recorded act by its jti: the first, where an envelope was handed in again */
  readonly acts = new Map<string, RecordedAct>();
  totals = NOTHING;

  constructor(anchor: Anchor, chaincode: string) {
    this.chain = new Chain(anchor);
    this.chaincode = chaincode;
  }

  /** A view of the state as it is now. */
  get state(): Pick<ReplayedLedger, 'get'> {
    return new ReplayedLedger(readsOf(this.chain.state, this.chaincode), '', { at: 0, transaction: '' });
  }

  /**
   * Verifies the next block and changes nothing.
   * @throws ERR_AUDIT_FAILED
   */
  examine(bytes: Uint8Array): AuditedBlock {
    const examined = this.chain.examine(bytes);
    const acts = examined.transactions
      .filter(({ flag, action }) => flag === peer.TxValidationCode.VALID && action?.chaincode === this.chaincode)
      .flatMap((judged) => this.#actsOf(examined, judged));
    return { examined, acts, bytes: bytes.length };
  }

  #actsOf({ block }: Examined, judged: Judged): RecordedAct[] {
    const { header, action, index } = judged;
    const replayed = replayTransaction(this.chain.state, this.chaincode, judged);
    if (header === undefined || action === undefined) return [];
    const endorsedBy = endorsersOf(this.chain.config, action).map(({ organisation }) => organisation);
    const { transaction, at } = header;
    return replayed.map((act) => ({ ...act, block: block.number, index, transaction, at, endorsedBy }));
  }

  /** Takes up a block that {@link examine} has just found to hold. */
  adopt({ examined, acts, bytes }: AuditedBlock): void {
    const { transactions, isConfiguration, orderers } = examined;
    this.chain.adopt(examined);
    for (const act of acts) {
      if (act.refused === undefined && !this.acts.has(act.jti)) this.acts.set(act.jti, act);
    }
    const before = this.totals;
    this.totals = {
      blocks: before.blocks + 1,
      transactions: before.transactions + transactions.length,
      invalid: before.invalid + transactions.filter(({ flag }) => flag !== peer.TxValidationCode.VALID).length,
      configurations: before.configurations + Number(isConfiguration),
      ordererSignatures: before.ordererSignatures + orderers,
      acts: before.acts + acts.filter(({ refused }) => refused === undefined).length,
      bytes: before.bytes + bytes,
    };
  }

  /** Verifies the next block and takes it up. @throws ERR_AUDIT_FAILED */
  take(bytes: Uint8Array): AuditedBlock {
    const audited = this.examine(bytes);
    this.adopt(audited);
    return audited;
  }

  /** Whether the chaincode is defined on the channel, so that its transactions could be valid. */
  get isDefined(): boolean {
    return definedPolicy(this.chain.state, this.chaincode) !== undefined;
  }
}
