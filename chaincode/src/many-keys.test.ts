// Many keys in one message: what is asked of a peer that takes it, and of one that does not.

import { peer } from '@hyperledger/fabric-protos';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { hearReady, readKeys, writeKeys, type ManyStub } from './many-keys.ts';

const asked: string[] = [];
const state = new Map<string, Buffer>();
let answers: (values: Uint8Array[]) => Uint8Array[];

/** A peer's end of the shim's queue, on a stream of its own. */
function peerOn(stream: object): ManyStub {
  const asks = {
    [peer.ChaincodeMessage.Type.GET_STATE_MULTIPLE](payload: Uint8Array): Uint8Array {
      const keys = peer.GetStateMultiple.deserializeBinary(payload).getKeysList();
      asked.push(`get ${keys.join(' ')}`);
      const result = new peer.GetStateMultipleResult();
      result.setValuesList(answers(keys.map((key) => state.get(key) ?? Buffer.alloc(0))));
      return result.serializeBinary();
    },
    [peer.ChaincodeMessage.Type.WRITE_BATCH_STATE](payload: Uint8Array): Uint8Array {
      const records = peer.WriteBatchState.deserializeBinary(payload).getRecList();
      asked.push(`put ${records.map((record) => record.getKey()).join(' ')}`);
      for (const record of records) {
        expect(record.getType()).toBe(peer.WriteRecord.Type.PUT_STATE);
        state.set(record.getKey(), Buffer.from(record.getValue_asU8()));
      }
      return new Uint8Array();
    },
  };
  return {
    getTxID: () => 'tx',
    getChannelID: () => 'muster',
    getState: (key) => {
      asked.push(`get ${key}`);
      return Promise.resolve(state.get(key) ?? Buffer.alloc(0));
    },
    putState: (key, value) => {
      asked.push(`put ${key}`);
      state.set(key, Buffer.from(value));
      return Promise.resolve();
    },
    handler: {
      _stream: stream,
      _askPeerAndListen: (asking) => {
        const message = asking as peer.ChaincodeMessage;
        expect([message.getTxid(), message.getChannelId()]).toEqual(['tx', 'muster']);
        return Promise.resolve(asks[message.getType() as keyof typeof asks](message.getPayload_asU8()));
      },
    },
  };
}

function ready(type: 'READY' | 'REGISTERED', told: { read?: number; written?: number } = {}): peer.ChaincodeMessage {
  const parameters = new peer.ChaincodeAdditionalParams();
  parameters.setUseGetMultipleKeys(told.read !== undefined);
  parameters.setMaxSizeGetMultipleKeys(told.read ?? 0);
  parameters.setUseWriteBatch(told.written !== undefined);
  parameters.setMaxSizeWriteBatch(told.written ?? 0);
  const message = new peer.ChaincodeMessage();
  message.setType(peer.ChaincodeMessage.Type[type]);
  message.setPayload(parameters.serializeBinary());
  return message;
}

const entries = ['a', 'b', 'c', 'd', 'e'].map((key) => [key, Buffer.from(`of ${key}`)] as const);
const keys = entries.map(([key]) => key);

async function writeAndRead(stub: ManyStub): Promise<string[]> {
  await writeKeys(stub, entries);
  const values = await readKeys(stub, ['x', ...keys]);
  expect(values.map((value) => Buffer.from(value).toString())).toEqual(['', ...keys.map((key) => `of ${key}`)]);
  return asked;
}

beforeEach(() => {
  asked.length = 0;
  state.clear();
  answers = (values) => values;
});

describe('keys of a transaction', () => {
  test('travel together, as many as the peer takes in a message, a last one by itself', async () => {
    const stream = {};
    hearReady(stream, ready('READY', { read: 5, written: 2 }), peer.ChaincodeMessage);
    expect(await writeAndRead(peerOn(stream))).toEqual(['put a b', 'put c d', 'put e', 'get x a b c d', 'get e']);
  });

  test('travel one by one to a peer that does not say that it takes more', async () => {
    const [silent, earlier] = [{}, {}];
    hearReady(silent, ready('REGISTERED', { read: 5, written: 2 }), peer.ChaincodeMessage);
    hearReady(earlier, ready('READY'), peer.ChaincodeMessage);
    const single = [...keys.map((key) => `put ${key}`), ...['x', ...keys].map((key) => `get ${key}`)];
    expect(await writeAndRead(peerOn(silent))).toEqual(single);
    asked.length = 0;
    expect(await writeAndRead(peerOn(earlier))).toEqual(single);
  });

  test('travel one by one where there is no peer', async () => {
    const { handler, ...stub } = peerOn({});
    expect(handler).toBeDefined();
    expect(await writeAndRead(stub)).toHaveLength(11);
  });

  test('are not mistaken for each other where a peer answers with another number', async () => {
    const stream = {};
    hearReady(stream, ready('READY', { read: 9, written: 9 }), peer.ChaincodeMessage);
    answers = (values) => values.slice(1);
    await expect(readKeys(peerOn(stream), keys)).rejects.toThrow('asked for 5 keys, got 4 values');
  });

  test('ask nothing where there are none', async () => {
    expect(await readKeys(peerOn({}), [])).toEqual([]);
    await writeKeys(peerOn({}), []);
    expect(asked).toEqual([]);
  });
});
