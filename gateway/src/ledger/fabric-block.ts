// What the projection needs of a Fabric block: who submitted what when, how it was validated, and our events.

import { common, msp, peer } from '@hyperledger/fabric-protos';
import { blockHash, EVENT_NAME, eventsOf, type LedgerEvent, type Moment } from '@muster/protocol';
import type { LedgerBlock, LedgerTransaction } from '../ports.ts';

const NAMES = new Map<number, string>(Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]));

/** The name of a validation code: `VALID`, `MVCC_READ_CONFLICT`, … */
export function statusName(code: number): string {
  return NAMES.get(code) ?? `CODE_${code}`;
}

/** The payload of our chaincode's event, if it emitted one. */
function emittedBy(action: peer.ChaincodeAction): string | undefined {
  const bytes = action.getEvents_asU8();
  if (bytes.length === 0) return undefined;
  const event = peer.ChaincodeEvent.deserializeBinary(bytes);
  return event.getEventName() === EVENT_NAME ? textOf(event.getPayload_asU8()) : undefined;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

/** The texts that the chaincode was called with, its function first. */
function callOf(payload: peer.ChaincodeActionPayload): string[] {
  const proposal = peer.ChaincodeProposalPayload.deserializeBinary(payload.getChaincodeProposalPayload_asU8());
  const invocation = peer.ChaincodeInvocationSpec.deserializeBinary(proposal.getInput_asU8());
  return invocation.getChaincodeSpec()?.getInput()?.getArgsList_asU8().map(textOf) ?? [];
}

/** What a valid transaction tells, if it is one of our chaincode. */
function told(transaction: Uint8Array, chaincode: string, moment: Moment): readonly LedgerEvent[] | undefined {
  const [only] = peer.Transaction.deserializeBinary(transaction).getActionsList();
  if (only === undefined) return undefined;
  const payload = peer.ChaincodeActionPayload.deserializeBinary(only.getPayload_asU8());
  const endorsed = payload.getAction()?.getProposalResponsePayload_asU8();
  if (endorsed === undefined) return undefined;
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed);
  const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  if (action.getChaincodeId()?.getName() !== chaincode) return undefined;
  const [name = '', ...args] = callOf(payload);
  const emitted = emittedBy(action);
  const answer = textOf(action.getResponse()?.getPayload_asU8() ?? new Uint8Array());
  return eventsOf({ ...moment, function: name, args, answer, ...(emitted === undefined ? {} : { emitted }) });
}

function creatorOf(header: common.Header): string {
  const creator = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()).getCreator_asU8();
  return creator.length === 0 ? '' : msp.SerializedIdentity.deserializeBinary(creator).getMspid();
}

/** google.protobuf.Timestamp, whose typings are not among fabric-protos' own. */
interface Timestamp {
  getSeconds(): number;
  getNanos(): number;
}

function millisecondsOf(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : timestamp.getSeconds() * 1000 + Math.floor(timestamp.getNanos() / 1_000_000);
}

function readTransaction(bytes: Uint8Array, index: number, status: string, chaincode: string): LedgerTransaction {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(bytes).getPayload_asU8());
  const header = payload.getHeader() ?? new common.Header();
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const ours = status === 'VALID' && channel.getType() === common.HeaderType.ENDORSER_TRANSACTION;
  const moment = {
    transaction: channel.getTxId(),
    at: millisecondsOf(channel.getTimestamp() as Timestamp | undefined),
  };
  const events = ours ? told(payload.getData_asU8(), chaincode, moment) : undefined;
  return {
    ...moment,
    index,
    creator: creatorOf(header),
    status,
    ...(events === undefined ? {} : { events }),
  };
}

/** The digests of a block that two peers must agree on. */
function seenIn(header: common.BlockHeader | undefined, metadata: Uint8Array | undefined): LedgerBlock['seen'] {
  if (header === undefined || metadata === undefined || metadata.length === 0) return undefined;
  const hash = blockHash(header.getNumber(), header.getPreviousHash_asU8(), header.getDataHash_asU8());
  const state = common.Metadata.deserializeBinary(metadata).getValue_asU8();
  return { hash: `sha256:${hash.toString('hex')}`, commitHash: `sha256:${Buffer.from(state).toString('hex')}` };
}

/** Reads a block. Configuration transactions are listed too, by whatever id they have. */
export function readBlock(block: common.Block, chaincode: string): LedgerBlock {
  const statuses = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  const data = block.getData()?.getDataList_asU8() ?? [];
  const seen = seenIn(
    block.getHeader(),
    block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.COMMIT_HASH],
  );
  return {
    ...(seen === undefined ? {} : { seen }),
    number: block.getHeader()?.getNumber() ?? 0,
    transactions: data.map((bytes, index) =>
      readTransaction(bytes, index, statusName(statuses?.[index] ?? peer.TxValidationCode.NOT_VALIDATED), chaincode),
    ),
  };
}
