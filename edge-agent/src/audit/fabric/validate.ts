// Validation, again: the flag that every peer must have given each transaction of a block.

import { common, peer } from '@hyperledger/fabric-protos';
import type { ChannelConfig } from './channel-config.ts';
import { conflictOf } from './conflicts.ts';
import { judgeEndorsements, repolicedKeys } from './endorsement.ts';
import { isSigned } from './signature.ts';
import { readAction, readHeader, transactionIdOf, type Action, type Header } from './transaction.ts';
import { Batch, type WorldState } from './world-state.ts';

const { TxValidationCode: CODE } = peer;

/** A transaction of a block, judged. */
export interface Judged {
  /** `block 17, transaction 3` */
  readonly record: string;
  readonly index: number;
  readonly flag: number;
  readonly header: Header | undefined;
  readonly action: Action | undefined;
}

/** What judging needs of the ledger so far. */
export interface Judge {
  readonly config: ChannelConfig;
  readonly state: WorldState;
  readonly seen: ReadonlySet<string>;
}

/** Undefined where a parser of hostile bytes gave up. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined; // Fabric's answer to bytes that do not parse is a flag, and the caller gives it
  }
}

function isWellFormed({ epoch, nonce, creator, type }: Header): boolean {
  const known: readonly number[] = [common.HeaderType.ENDORSER_TRANSACTION, common.HeaderType.CONFIG];
  return epoch === 0 && nonce.length > 0 && creator.length > 0 && known.includes(type);
}

/** What the headers alone decide (msgvalidation.ValidateTransaction). */
function judgeHeader(header: Header, { config, seen }: Judge): number {
  if (!isWellFormed(header)) return CODE.BAD_COMMON_HEADER;
  const creator = config.identityOf(header.creator);
  const isGenuine = creator !== undefined && isSigned(creator.key, header.payload, header.signature);
  if (!isGenuine) return CODE.BAD_CREATOR_SIGNATURE;
  if (header.channel !== config.channel) return CODE.TARGET_CHAIN_NOT_FOUND;
  if (header.transaction !== transactionIdOf(header)) return CODE.BAD_PROPOSAL_TXID;
  return seen.has(header.transaction) ? CODE.DUPLICATE_TXID : CODE.VALID;
}

function judgeAction(action: Action): number {
  const { chaincode, proposedChaincode, version, event, namespaces } = action;
  if (!action.isOfProposal) return CODE.INVALID_ENDORSER_TRANSACTION;
  if (chaincode === '' || chaincode !== proposedChaincode || version === '') return CODE.INVALID_CHAINCODE;
  if (event !== undefined && event.chaincode !== chaincode) return CODE.INVALID_OTHER_REASON;
  const names = namespaces.map(({ namespace }) => namespace);
  return new Set(names).size === names.length ? CODE.VALID : CODE.ILLEGAL_WRITESET;
}

function judgeOne(record: string, index: number, envelope: Uint8Array, judge: Judge, repoliced: Set<string>): Judged {
  const header = attempt(() => readHeader(envelope));
  if (header === undefined) return { record, index, flag: CODE.BAD_PAYLOAD, header, action: undefined };
  const byHeader = judgeHeader(header, judge);
  const action = byHeader === CODE.VALID ? attempt(() => readAction(header)) : undefined;
  if (action === undefined) {
    const flag = byHeader === CODE.VALID ? CODE.INVALID_ENDORSER_TRANSACTION : byHeader;
    return { record, index, flag, header, action };
  }
  const byAction = judgeAction(action);
  const flag = byAction === CODE.VALID ? judgeEndorsements({ ...judge, repoliced }, action) : byAction;
  if (flag === CODE.VALID)
    for (const one of action.namespaces) for (const key of repolicedKeys(one)) repoliced.add(key);
  return { record, index, flag, header, action };
}

/** Ids that came twice within the block: all but the first that was valid so far (validator.markTXIdDuplicates). */
function markDuplicates(judged: readonly Judged[]): Judged[] {
  const seen = new Set<string>();
  return judged.map((one) => {
    if (one.flag !== CODE.VALID || one.header === undefined) return one;
    if (seen.has(one.header.transaction)) return { ...one, flag: CODE.DUPLICATE_TXID };
    seen.add(one.header.transaction);
    return one;
  });
}

/**
 * Judges all transactions of a block of endorser transactions: signatures, endorsements, then what they read.
 * @returns each with its flag, and what the valid ones change
 */
export function judgeTransactions(
  record: string,
  number: number,
  envelopes: readonly Uint8Array[],
  judge: Judge,
): { readonly judged: readonly Judged[]; readonly batch: Batch } {
  const repoliced = new Set<string>();
  const signed = envelopes.map((envelope, index) =>
    judgeOne(`${record}, transaction ${index}`, index, envelope, judge, repoliced),
  );
  const batch = new Batch(judge.state);
  const judged = markDuplicates(signed).map((one) => {
    if (one.flag !== CODE.VALID || one.action === undefined) return one;
    const flag = conflictOf(one.record, judge.state, batch, one.action.namespaces);
    if (flag === CODE.VALID) {
      for (const set of one.action.namespaces) batch.apply(set, { block: number, transaction: one.index });
    }
    return { ...one, flag };
  });
  return { judged, batch };
}
