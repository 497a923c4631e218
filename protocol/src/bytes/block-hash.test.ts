// Tests of block hashes.

import { expect, test } from '@jest/globals';
import { blockHash, blockHeader } from './block-hash.ts';
import { sha256 } from './digest.ts';

const hash = Buffer.alloc(32, 0xab);
const octets = `0420${'ab'.repeat(32)}`;

test.each([
  [0, '020100'],
  [127, '02017f'],
  [128, '02020080'],
  [0x1_0000_0000, '02050100000000'],
])('a header is DER, whose integers are never negative: %i', (number, integer) => {
  const body = `${integer}${octets}${octets}`;
  expect(blockHeader(number, hash, hash).toString('hex')).toBe(
    `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`,
  );
});

test('the first block has none before it', () => {
  expect(blockHeader(0, new Uint8Array(), hash).toString('hex')).toBe(`30270201000400${octets}`);
});

test('a block’s hash is that of its header', () => {
  expect(blockHash(1, hash, hash)).toEqual(sha256(blockHeader(1, hash, hash)));
});
