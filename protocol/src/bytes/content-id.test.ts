// Content ids against published ones and against the IPFS importer with the same profile.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryBlockstore } from 'blockstore-core/memory';
import { importBytes } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import { refusal } from '../../../test/support/refusal.ts';
import { readVectors } from '../../../test/support/vectors.ts';
import { CID_PATTERN, CidBuilder, cidOf, parseCid, verifyCid } from './content-id.ts';

const MIB = 1024 * 1024;

/** Bytes that do not repeat, so that no two chunks are alike. */
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) bytes[i] = state = (state * 48271) % 2147483647;
  return bytes;
}

async function imported(bytes: Uint8Array, chunkSize: number, width: number): Promise<string> {
  const { cid } = await importBytes(bytes, new MemoryBlockstore(), {
    profile: 'unixfs-v1-2025',
    chunker: fixedSize({ chunkSize }),
    layout: balanced({ maxChildrenPerNode: width }),
  });
  return cid.toString();
}

describe('a content id', () => {
  test.each(readVectors<{ text: string }, string>('content-id', 'known'))('$title', ({ input, expect: expected }) => {
    expect(cidOf(Buffer.from(input.text))).toBe(expected);
  });

  test.each([1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 17])(
    'of %p bytes is what an IPFS node with profile unixfs-v1-2025 computes',
    async (length) => {
      const bytes = bytesOf(length);
      const { cid } = await importBytes(bytes, new MemoryBlockstore(), { profile: 'unixfs-v1-2025' });
      expect(cidOf(bytes)).toBe(cid.toString());
      expect(cidOf(bytes)).toMatch(CID_PATTERN);
    },
  );

  // width 3: 3 chunks fill one node, 9 two levels, 27 three; one more starts the next level
  test.each([2, 3, 4, 9, 10, 27, 28, 40])('of %p chunks in a narrow tree is what the importer computes', async (n) => {
    const bytes = bytesOf(n * 8 - 3);
    expect(cidOf(bytes, { chunkBytes: 8, width: 3 })).toBe(await imported(bytes, 8, 3));
  });

  test('is the same in whatever pieces the bytes come', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(pieces, (list) => {
        const chunking = { chunkBytes: 8, width: 3 };
        const builder = new CidBuilder(chunking);
        for (const piece of list) builder.update(piece);
        expect(builder.cid()).toBe(cidOf(Buffer.concat(list), chunking));
      }),
    );
    expect(new CidBuilder().update(bytesOf(9)).cid()).toBe(cidOf(bytesOf(9)));
  });

  test('names its bytes and no others', () => {
    const bytes = bytesOf(100);
    const cid = cidOf(bytes);
    verifyCid(cid, bytes);
    expect(parseCid(cid).version).toBe(1);
    expect(refusal(() => verifyCid(cid, bytesOf(99)))).toMatchObject({
      code: 'ERR_ARTEFACT_MISMATCH',
      details: { cid, actual: cidOf(bytesOf(99)) },
    });
  });

  test.each([
    ['', 'empty'],
    ['QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH', 'of version 0'],
    ['bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk', 'cut short'],
    ['BAFKREIHDWDCEFGH4DQKJV67UZCMW7OJEE6XEDZDETOJUZJEVTENXQUVYKU', 'in upper case'],
    ['bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku/../x', 'with a path'],
    ['bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyk7', 'with stray bits at its end'],
  ])('%p is refused: it is %s', (cid) => {
    expect(refusal(() => parseCid(cid)).code).toBe('ERR_CID_INVALID');
  });
});
