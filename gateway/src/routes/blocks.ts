// The ledger's blocks as they are, for whoever audits them: bytes, which the asker verifies.

import { z } from 'zod';
import type { Ledger } from '../ports.ts';
import { route, type Route } from './route.ts';

/** Blocks in one answer, and bytes of them: a large block comes alone. */
const BLOCKS_MAX = 50;
const BYTES_MAX = 8 * 1024 * 1024;
const HEIGHT_MAX = 2 ** 40;

const blocksSchema = z.object({
  /** how many blocks the peer has */
  height: z.int().min(0),
  /** number of the first block that follows */
  from: z.int().min(0),
  /** common.Block of fabric-protos, base64; as many as fit, none beyond the height */
  blocks: z.array(z.base64()),
});

/** Reads blocks until the count, the bytes or the ledger ends. */
async function readBlocks(ledger: Ledger, from: number, limit: number): Promise<{ height: number; blocks: string[] }> {
  const height = await ledger.height();
  const blocks: string[] = [];
  let bytes = 0;
  for (let number = from; number < height && blocks.length < limit && bytes < BYTES_MAX; number++) {
    const block = await ledger.block(number);
    bytes += block.length;
    if (blocks.length > 0 && bytes > BYTES_MAX) break;
    blocks.push(Buffer.from(block).toString('base64'));
  }
  return { height, blocks };
}

export function blockRoutes(ledger: Ledger): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/blocks',
      summary:
        'Blocks of the ledger, as the peer stores them: the first is the genesis block, and holds the configuration',
      query: z.object({
        from: z.coerce.number().int().min(0).max(HEIGHT_MAX).default(0),
        limit: z.coerce.number().int().min(1).max(BLOCKS_MAX).default(BLOCKS_MAX),
      }),
      answers: { 200: { description: 'Blocks from a number on', schema: blocksSchema } },
      handle: async ({ query: { from, limit } }, _request, response) => {
        response.json({ from, ...(await readBlocks(ledger, from, limit)) });
      },
    }),
  ];
}
