// Many keys in one message to the peer and back, which peers of Fabric 3.1 take (`chaincode.runtimeParams` in core.yaml) and the
// Node shim 2.5.8 does not send: of a batch of updates, a hundred messages become three. What is read and written is the same
// either way, so endorsers may differ in it. This goes by the shim's own message queue, whose version is pinned.

import { peer } from '@hyperledger/fabric-protos';
import type { ChaincodeStub } from 'fabric-shim-api';

/** Kinds of message (fabric-protos, peer/chaincode_shim.proto). The shim brings older classes, which know only the first. */
const READY = 4;
const WRITE_BATCH_STATE = 24;
const GET_STATE_MULTIPLE = 25;

/** A message between chaincode and peer. */
export type Message = Pick<
  peer.ChaincodeMessage,
  'getPayload_asU8' | 'getType' | 'setChannelId' | 'setPayload' | 'setTxid' | 'setType'
>;

/** What a peer takes in one message, 1 where it takes no more, and the class of messages that its stream takes. */
interface PeerTakes {
  readonly read: number;
  readonly written: number;
  readonly Message: new () => Message;
}

/** What the shim's handler is to us: the stream to a peer, and the queue of what is asked there. */
interface Handler {
  readonly _stream: object;
  _askPeerAndListen(message: Message, method: string): Promise<Uint8Array>;
}

export type ManyStub = Pick<ChaincodeStub, 'getChannelID' | 'getState' | 'getTxID' | 'putState'> & {
  readonly handler?: Handler;
};

// eslint-disable-next-line determinism/no-shared-state -- by how many messages a peer is asked, which decides nothing
const streams = new WeakMap<object, PeerTakes>();

/**
 * Remembers what a peer says of itself when it is ready to talk; any other message says nothing of it.
 * @param Message the class of messages that the stream takes
 */
export function hearReady(stream: object, message: Message, Message: new () => Message): void {
  if ((message.getType() as number) !== READY) return;
  const told = peer.ChaincodeAdditionalParams.deserializeBinary(message.getPayload_asU8());
  streams.set(stream, {
    read: told.getUseGetMultipleKeys() ? Math.max(1, told.getMaxSizeGetMultipleKeys()) : 1,
    written: told.getUseWriteBatch() ? Math.max(1, told.getMaxSizeWriteBatch()) : 1,
    Message,
  });
}

function parts<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, i) => items.slice(i * most, (i + 1) * most));
}

/** How to ask the peer of a stub for many keys; undefined where it takes one at a time. */
function manyOf(
  stub: ManyStub,
): (PeerTakes & { ask(type: number, content: Uint8Array): Promise<Uint8Array> }) | undefined {
  const { handler } = stub;
  const takes = handler && streams.get(handler._stream);
  if (handler === undefined || takes === undefined) return undefined;
  const ask = (type: number, content: Uint8Array): Promise<Uint8Array> => {
    const message = new takes.Message();
    message.setType(type as ReturnType<Message['getType']>);
    message.setPayload(content);
    message.setTxid(stub.getTxID());
    message.setChannelId(stub.getChannelID());
    return handler._askPeerAndListen(message, 'many keys');
  };
  return { ...takes, ask };
}

/** Values of keys, in their order; no bytes where a key is absent. */
export async function readKeys(stub: ManyStub, keys: readonly string[]): Promise<Uint8Array[]> {
  const many = manyOf(stub);
  const values: Uint8Array[] = [];
  for (const part of parts(keys, many?.read ?? 1)) {
    const [first] = part as [string];
    if (many === undefined || part.length === 1) {
      values.push(await stub.getState(first));
      continue;
    }
    const question = new peer.GetStateMultiple();
    question.setKeysList(part);
    const answer = await many.ask(GET_STATE_MULTIPLE, question.serializeBinary());
    const found = peer.GetStateMultipleResult.deserializeBinary(answer).getValuesList_asU8();
    if (found.length !== part.length) throw new TypeError(`asked for ${part.length} keys, got ${found.length} values`);
    values.push(...found);
  }
  return values;
}

function recordOf([key, value]: readonly [string, Uint8Array]): peer.WriteRecord {
  const record = new peer.WriteRecord();
  record.setType(peer.WriteRecord.Type.PUT_STATE);
  record.setKey(key);
  record.setValue(value);
  return record;
}

/** Writes keys, in their order. */
export async function writeKeys(
  stub: ManyStub,
  entries: readonly (readonly [key: string, value: Uint8Array])[],
): Promise<void> {
  const many = manyOf(stub);
  for (const part of parts(entries, many?.written ?? 1)) {
    const [[key, value]] = part as [readonly [string, Uint8Array]];
    if (many === undefined || part.length === 1) {
      await stub.putState(key, value);
      continue;
    }
    const batch = new peer.WriteBatchState();
    batch.setRecList(part.map(recordOf));
    await many.ask(WRITE_BATCH_STATE, batch.serializeBinary());
  }
}
