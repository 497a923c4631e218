// What the projection needs of a Fabric block: who submitted what when, how it was validated, and our events.

import { common, msp, peer } from '@hyperledger/fabric-protos';
import { EVENT_NAME } from '@muster/protocol';
import type { LedgerBlock, LedgerTransaction } from '../ports.ts';

const NAMES = new Map<number, string>(Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]));

/** The name of a validation code: `VALID`, `MVCC_READ_CONFLICT`, … */
export function statusName(code: number): string {
  return NAMES.get(code) ?? `CODE_${code}`;
}

/** The payload of our chaincode's event in a transaction, if it has one. */
function eventOf(transaction: Uint8Array, chaincode: string): string | undefined {
  for (const action of peer.Transaction.deserializeBinary(transaction).getActionsList()) {
    const endorsed = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8()).getAction();
    if (endorsed === undefined) continue;
    const response = peer.ProposalResponsePayload.deserializeBinary(endorsed.getProposalResponsePayload_asU8());
    const events = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8()).getEvents_asU8();
    if (events.length === 0) continue;
    const event = peer.ChaincodeEvent.deserializeBinary(events);
    if (event.getChaincodeId() !== chaincode || event.getEventName() !== EVENT_NAME) continue;
    return Buffer.from(event.getPayload_asU8()).toString('utf8');
  }
  return undefined;
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
  const events = ours ? eventOf(payload.getData_asU8(), chaincode) : undefined;
  return {
    transaction: channel.getTxId(),
    index,
    at: millisecondsOf(channel.getTimestamp() as Timestamp | undefined),
    creator: creatorOf(header),
    status,
    ...(events === undefined ? {} : { events }),
  };
}

/** Reads a block. Configuration transactions are listed too, by whatever id they have. */
export function readBlock(block: common.Block, chaincode: string): LedgerBlock {
  const statuses = block.getMetadata()?.getMetadataList_asU8()[common.BlockMetadataIndex.TRANSACTIONS_FILTER];
  const data = block.getData()?.getDataList_asU8() ?? [];
  return {
    number: block.getHeader()?.getNumber() ?? 0,
    transactions: data.map((bytes, index) =>
      readTransaction(bytes, index, statusName(statuses?.[index] ?? peer.TxValidationCode.NOT_VALIDATED), chaincode),
    ),
  };
}
