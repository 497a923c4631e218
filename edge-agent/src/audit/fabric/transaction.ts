// An endorser transaction, opened down to its read-write set, and what in it must fit together (fabric, msgvalidation.go).

import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { sha256 } from '@muster/protocol';

/** A namespace of a read-write set. */
export interface NamespaceSet {
  readonly namespace: string;
  readonly set: ledger.rwset.kvrwset.KVRWSet;
  readonly collections: readonly { readonly name: string; readonly set: ledger.rwset.kvrwset.HashedRWSet }[];
}

export interface Endorsement {
  readonly endorser: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whoever made a transaction, and what was said of it. */
export interface Header {
  readonly type: number;
  readonly channel: string;
  readonly transaction: string;
  /** milliseconds, as chaincode sees them */
  readonly at: number;
  readonly epoch: number;
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
  readonly extension: Uint8Array;
  /** bytes that the creator signed */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly data: Uint8Array;
  readonly channelHeader: Uint8Array;
}

/** What was proposed, simulated and endorsed. */
export interface Action {
  readonly chaincode: string;
  /** by the header's extension; Fabric asks that the two agree */
  readonly proposedChaincode: string;
  readonly version: string;
  /** function and arguments, as text */
  readonly args: readonly string[];
  /** what the chaincode answered */
  readonly response: string;
  readonly event: { readonly chaincode: string; readonly name: string; readonly payload: string } | undefined;
  readonly namespaces: readonly NamespaceSet[];
  /** the endorsed bytes: ProposalResponsePayload */
  readonly endorsed: Uint8Array;
  readonly endorsements: readonly Endorsement[];
  /** the proposal that was endorsed is the one that the header and input tell of */
  readonly isOfProposal: boolean;
}

/** google.protobuf.Timestamp, whose typings are not among fabric-protos' own. */
interface Timestamp {
  getSeconds(): number;
  getNanos(): number;
}

function millisecondsOf(timestamp: Timestamp | undefined): number {
  return timestamp === undefined ? 0 : timestamp.getSeconds() * 1000 + Math.floor(timestamp.getNanos() / 1_000_000);
}

/** Opens a transaction's envelope as far as its headers. What parsers throw is the caller's to judge. */
export function readHeader(envelope: Uint8Array): Header {
  const outer = common.Envelope.deserializeBinary(envelope);
  const payload = outer.getPayload_asU8();
  const opened = common.Payload.deserializeBinary(payload);
  const headers = opened.getHeader() ?? new common.Header();
  const channelHeader = headers.getChannelHeader_asU8();
  const channel = common.ChannelHeader.deserializeBinary(channelHeader);
  const signature = common.SignatureHeader.deserializeBinary(headers.getSignatureHeader_asU8());
  return {
    type: channel.getType(),
    channel: channel.getChannelId(),
    transaction: channel.getTxId(),
    at: millisecondsOf(channel.getTimestamp() as Timestamp | undefined),
    epoch: channel.getEpoch(),
    creator: signature.getCreator_asU8(),
    nonce: signature.getNonce_asU8(),
    extension: channel.getExtension_asU8(),
    payload,
    signature: outer.getSignature_asU8(),
    data: opened.getData_asU8(),
    channelHeader,
  };
}

/** The id that a transaction must have: SHA-256 of nonce and creator, in hex. */
export function transactionIdOf({ nonce, creator }: Pick<Header, 'nonce' | 'creator'>): string {
  return sha256(nonce, creator).toString('hex');
}

function readNamespaces(results: Uint8Array): NamespaceSet[] {
  return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .map((inner) => ({
      namespace: inner.getNamespace(),
      set: ledger.rwset.kvrwset.KVRWSet.deserializeBinary(inner.getRwset_asU8()),
      collections: inner.getCollectionHashedRwsetList().map((collection) => ({
        name: collection.getCollectionName(),
        set: ledger.rwset.kvrwset.HashedRWSet.deserializeBinary(collection.getHashedRwset_asU8()),
      })),
    }));
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

function readEvent(events: Uint8Array): Action['event'] {
  if (events.length === 0) return undefined;
  const event = peer.ChaincodeEvent.deserializeBinary(events);
  return { chaincode: event.getChaincodeId(), name: event.getEventName(), payload: text(event.getPayload_asU8()) };
}

function argumentsOf(proposal: Uint8Array): string[] {
  const input = peer.ChaincodeProposalPayload.deserializeBinary(proposal).getInput_asU8();
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(input).getChaincodeSpec();
  return spec?.getInput()?.getArgsList_asU8().map(text) ?? [];
}

function proposedChaincode({ extension }: Header): string {
  return peer.ChaincodeHeaderExtension.deserializeBinary(extension).getChaincodeId()?.getName() ?? '';
}

function chaincodeOf(result: peer.ChaincodeAction): Pick<Action, 'chaincode' | 'version'> {
  const id = result.getChaincodeId();
  return { chaincode: id?.getName() ?? '', version: id?.getVersion() ?? '' };
}

/** Opens the one action of an endorser transaction; undefined where there is not exactly one, complete. */
export function readAction(header: Header): Action | undefined {
  const actions = peer.Transaction.deserializeBinary(header.data).getActionsList();
  const [action] = actions;
  if (action === undefined || actions.length !== 1) return undefined;
  const payload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsedAction = payload.getAction();
  if (endorsedAction === undefined) return undefined;
  const endorsed = endorsedAction.getProposalResponsePayload_asU8();
  const response = peer.ProposalResponsePayload.deserializeBinary(endorsed);
  const result = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const proposal = payload.getChaincodeProposalPayload_asU8();
  const proposalHash = sha256(header.channelHeader, action.getHeader_asU8(), proposal);
  return {
    ...chaincodeOf(result),
    proposedChaincode: proposedChaincode(header),
    args: argumentsOf(proposal),
    response: text(result.getResponse()?.getPayload_asU8() ?? new Uint8Array()),
    event: readEvent(result.getEvents_asU8()),
    namespaces: readNamespaces(result.getResults_asU8()),
    endorsed,
    endorsements: endorsedAction
      .getEndorsementsList()
      .map((one) => ({ endorser: one.getEndorser_asU8(), signature: one.getSignature_asU8() })),
    isOfProposal: proposalHash.equals(response.getProposalHash_asU8()),
  };
}
