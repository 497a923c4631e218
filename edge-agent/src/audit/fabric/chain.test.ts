// Tests of the chain on a recorded ledger: it holds as recorded, and no forgery of it does.

import { describe, expect, test } from '@jest/globals';
import { common } from '@hyperledger/fabric-protos';
import { flip, forgeBlock, type Forgery } from '../../../../test/support/audit/forge-block.ts';
import { readRecordedProof } from '../../../../test/support/audit/recorded-proof.ts';
import { METADATA } from './block.ts';
import { Chain } from './chain.ts';

const { blocks, anchor } = readRecordedProof();
/** a block with several transactions, of the rounds */
const BUSY = 29;

const chainTo = (height: number): Chain => {
  const chain = new Chain(anchor);
  for (const block of blocks.slice(0, height)) chain.adopt(chain.examine(block));
  return chain;
};

const failure = (reason: unknown): unknown => expect.objectContaining({ code: 'ERR_AUDIT_FAILED', details: reason });

test('a recorded ledger holds, from the anchor to its last block', () => {
  const chain = chainTo(blocks.length);
  expect(chain.height).toBe(blocks.length);
  expect(chain.config.consenters).toHaveLength(4);
  expect([...chain.config.msps.keys()].sort()).toEqual(['airforce', 'army', 'marines', 'navy']);
});

test('another anchor is another ledger', () => {
  const chain = new Chain({ genesis: Buffer.alloc(32) });
  expect(() => chain.examine(blocks[0]!)).toThrow(
    failure({ record: 'block 0', reason: expect.stringContaining('anchor') }),
  );
});

test('a block that is refused changes nothing', () => {
  const chain = chainTo(BUSY);
  expect(() => chain.examine(flip(blocks[BUSY]!, 5000))).toThrow(failure(expect.anything()));
  chain.adopt(chain.examine(blocks[BUSY]!));
  expect(chain.height).toBe(BUSY + 1);
});

test('a block is refused in another’s place', () => {
  const chain = chainTo(BUSY);
  expect(() => chain.examine(blocks[BUSY + 1]!)).toThrow(
    failure({ record: `block ${BUSY}`, reason: `has the number ${BUSY + 1}` }),
  );
});

describe('a forged block is refused by name', () => {
  const chain = chainTo(BUSY);

  const replaced = (index: number, change: (bytes: Uint8Array) => Uint8Array): Forgery => ({
    metadata: (metadata) => metadata.map((bytes, at) => (at === index ? change(bytes) : bytes)),
  });
  const signatures = (change: (signatures: common.MetadataSignature[]) => common.MetadataSignature[]): Forgery =>
    replaced(METADATA.signatures, (bytes) => {
      const metadata = common.Metadata.deserializeBinary(bytes);
      metadata.setSignaturesList(change(metadata.getSignaturesList()));
      return metadata.serializeBinary();
    });
  const turned = (bytes: Uint8Array, at: number): Uint8Array => flip(bytes, at);

  test.each<[string, Forgery, string, RegExp]>([
    [
      'a changed transaction',
      { data: ([first, ...rest]) => [turned(first!, 4000), ...rest] },
      '',
      /signature of orderer/,
    ],
    ['a transaction left out', { data: (data) => data.slice(1) }, '', /signature of orderer/],
    ['transactions in another order', { data: (data) => data.reverse() }, '', /signature of orderer/],
    [
      'two transactions run into one',
      { data: ([a, b, ...rest]) => [Buffer.concat([a!, b!]), ...rest] },
      ', transaction 0',
      /canonically/,
    ],
    ['a signature left out', signatures((all) => all.slice(1)), '', /2 of 4 orderers signed, 3 are needed/],
    ['a signature counted twice', signatures(([a, ...all]) => [a!, a!, ...all.slice(1)]), '', /signed twice/],
    ['no signatures at all', signatures(() => []), '', /0 of 4 orderers/],
    [
      'a valid transaction marked invalid',
      replaced(METADATA.filter, (flags) => flags.map((flag, at) => (at === 1 ? 11 : flag))),
      ', transaction 1',
      /VALID by its content, and recorded as MVCC_READ_CONFLICT/,
    ],
    ['a flag too many', replaced(METADATA.filter, (flags) => Uint8Array.from([...flags, 0])), '', /flags for/],
    ['another commit hash', replaced(METADATA.commitHash, (hash) => turned(hash, 100)), '', /commit hash/],
    ['words where none belong', replaced(METADATA.orderer, () => Uint8Array.of(10, 0)), '', /not used/],
    [
      'another last configuration',
      replaced(METADATA.lastConfig, () => Uint8Array.of(10, 2, 8, 7)),
      '',
      /last configuration in its metadata is 0a020807, expected \(nothing\)/,
    ],
    [
      'another block before it',
      { header: (header) => header.setPreviousHash(Buffer.alloc(32, 1)) },
      '',
      /hash of the block before/,
    ],
  ])('%s', (_title, forgery, where, reason) => {
    const forged = forgeBlock(blocks[BUSY]!, forgery);
    expect(() => chain.examine(forged)).toThrow(
      failure({ record: `block ${BUSY}${where}`, reason: expect.stringMatching(reason) }),
    );
  });

  test('fields that nobody knows', () => {
    const forged = Buffer.concat([blocks[BUSY]!, Uint8Array.of(0x7a, 1, 65)]);
    expect(() => chain.examine(forged)).toThrow(
      failure({ record: `block ${BUSY}`, reason: 'is not encoded canonically' }),
    );
  });
});

test('any flipped bit of a block is refused, with the data hash left as it was or set right again', () => {
  const chain = new Chain(anchor);
  let flips = 0;
  const missed: string[] = [];
  const tryOne = (number: number, bit: number, forged: Uint8Array): void => {
    flips += 1;
    try {
      chain.examine(forged);
      missed.push(`block ${number}, bit ${bit}`);
    } catch (error) {
      expect(error).toEqual(failure(expect.anything()));
    }
  };
  blocks.forEach((block, number) => {
    // a prime stride visits every byte position and every bit of a byte in the course of the ledger
    for (let bit = number % 8; bit < block.length * 8; bit += 15_013) {
      tryOne(number, bit, flip(block, bit));
      const data = (all: Uint8Array[]): Uint8Array[] =>
        all.map((bytes, at) => (at === 0 ? flip(bytes, bit % (bytes.length * 8)) : bytes));
      tryOne(number, bit, forgeBlock(block, { data }));
    }
    chain.adopt(chain.examine(block));
  });
  expect(missed).toEqual([]);
  expect(flips).toBeGreaterThan(400);
});
