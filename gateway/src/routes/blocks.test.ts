// Tests of raw blocks: bounded, in order, and no more than the ledger has.

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { common } from '@hyperledger/fabric-protos';
import { ask, discard, startHarness, type Harness } from '../../test/harness.ts';

let harness: Harness;
const get = async (query: string): Promise<Record<string, unknown>> =>
  (await ask(`${harness.url}/v1/blocks${query}`)).body;
const numbers = ({ blocks }: Record<string, unknown>): number[] =>
  (blocks as string[]).map((text) =>
    common.Block.deserializeBinary(Buffer.from(text, 'base64')).getHeader()!.getNumber(),
  );

beforeAll(async () => {
  harness = await startHarness({ follow: false });
  for (let number = 0; number < 60; number++) harness.ledger.append(`tx-${number}`, []);
});
afterAll(() => discard(harness));

test('blocks are served from a number on, as many as are asked for', async () => {
  const answer = await get('?from=7&limit=3');
  expect(answer).toMatchObject({ height: 60, from: 7 });
  expect(numbers(answer)).toEqual([7, 8, 9]);
});

test('an answer holds at most fifty, and none beyond the height', async () => {
  expect(numbers(await get(''))).toHaveLength(50);
  expect(numbers(await get('?from=58'))).toEqual([58, 59]);
  expect(await get('?from=60')).toEqual({ height: 60, from: 60, blocks: [] });
});

test.each(['?from=-1', '?limit=0', '?limit=51', '?from=x'])('%s is refused', async (query) => {
  expect(await get(query)).toMatchObject({ status: 400, code: 'ERR_DOCUMENT_INVALID' });
});
