// Blocks as real peers made them (test/vectors/audit), read for the projection.

import { common, peer } from '@hyperledger/fabric-protos';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readRecordedProof } from '../../../test/support/audit/recorded-proof.ts';
import type { LedgerBlock } from '../ports.ts';
import { readBlock, statusName } from './fabric-block.ts';

let raw: common.Block[];
let blocks: LedgerBlock[];

beforeAll(() => {
  raw = readRecordedProof().blocks.map((bytes) => common.Block.deserializeBinary(bytes));
  blocks = raw.map((block) => readBlock(block, 'muster'));
});

const transactions = (): LedgerBlock['transactions'] => blocks.flatMap((block) => block.transactions);
const events = (): string[] => transactions().flatMap((each) => each.events?.map(({ type }) => type) ?? []);

describe('a recorded ledger', () => {
  test('has its blocks in order, each transaction at its place with its time and its creator', () => {
    expect(blocks.map(({ number }) => number)).toEqual(blocks.map((_, i) => i));
    for (const block of blocks)
      expect(block.transactions.map(({ index }) => index)).toEqual(block.transactions.map((_, i) => i));
    const ours = transactions().filter((each) => each.events !== undefined);
    for (const { transaction, at, creator } of ours) {
      expect(transaction).toMatch(/^[0-9a-f]{64}$/);
      expect(new Date(at).getUTCFullYear()).toBeGreaterThanOrEqual(2026);
      expect(['army', 'navy', 'airforce', 'marines']).toContain(creator);
    }
  });

  test('tells of everything that happened in its job', () => {
    const told = new Map([...Map.groupBy(events(), (type) => type)].map(([type, all]) => [type, all.length]));
    expect(told.get('organisation.registered')).toBe(4);
    expect(told.get('job.approved')).toBe(1);
    expect(told.get('round.opened')).toBe(2);
    expect(told.get('round.finalised')).toBe(2);
    expect(told.get('round.updated')).toBe(8);
    expect(told.get('job.finished')).toBe(1);
  });

  test('tells nothing of other chaincodes, nor of configuration', () => {
    expect(
      raw
        .map((block) => readBlock(block, 'other'))
        .flatMap((block) => block.transactions.filter((each) => each.events)),
    ).toEqual([]);
    expect(blocks[0]!.transactions[0]).not.toHaveProperty('events');
  });
});

describe('a transaction that the peers marked invalid', () => {
  test('is listed with its status, and tells nothing', () => {
    const number = blocks.findIndex(({ transactions: [first] }) => first?.events !== undefined);
    const block = common.Block.deserializeBinary(raw[number]!.serializeBinary());
    const metadata = block.getMetadata()!;
    const lists = metadata.getMetadataList_asU8();
    lists[common.BlockMetadataIndex.TRANSACTIONS_FILTER] = Uint8Array.of(peer.TxValidationCode.MVCC_READ_CONFLICT);
    metadata.setMetadataList(lists);
    const [first] = readBlock(block, 'muster').transactions;
    expect(first).toMatchObject({ status: 'MVCC_READ_CONFLICT' });
    expect(first).not.toHaveProperty('events');
  });

  test('is not taken for valid where the block says nothing of it', () => {
    const block = common.Block.deserializeBinary(raw.at(-1)!.serializeBinary());
    block.clearMetadata();
    expect(readBlock(block, 'muster').transactions[0]).toMatchObject({ status: 'NOT_VALIDATED' });
  });
});

test('validation codes have names, unknown ones their number', () => {
  expect([0, 10, 11].map(statusName)).toEqual(['VALID', 'ENDORSEMENT_POLICY_FAILURE', 'MVCC_READ_CONFLICT']);
  expect(statusName(200)).toBe('CODE_200');
});
