// Checkpoints and forks: what this gateway states of the ledger, and where others state otherwise.

import { z } from 'zod';
import type { CheckpointStore } from '../forks/checkpoint-store.ts';
import { listOf } from '../schemas/page.ts';
import { route, type Route } from './route.ts';

const signedSchema = z.strictObject({
  /** compact JWS, ES256, of the type muster.checkpoint */
  envelope: z.string(),
  /** PEM of the relay that signed it */
  certificate: z.string(),
});
const forkSchema = z.strictObject({
  organisation: z.string(),
  block: z.int(),
  ours: signedSchema,
  theirs: signedSchema,
});

export function forkRoutes(store: CheckpointStore): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/checkpoints',
      summary: 'What this gateway saw of the ledger at the agreed heights, signed, oldest first',
      query: z.object({
        from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
        limit: z.coerce.number().int().min(1).max(200).default(200),
      }),
      answers: { 200: { description: 'Checkpoints', schema: listOf(signedSchema) } },
      handle: ({ query: { from, limit } }, _request, response) =>
        void response.json({ items: store.list(from, limit) }),
    }),
    route({
      method: 'get',
      path: '/v1/forks',
      summary: 'Where another organisation states another ledger, with both signed statements',
      answers: { 200: { description: 'Differences, the oldest block first; at most 100', schema: listOf(forkSchema) } },
      handle: (_input, _request, response) => void response.json({ items: store.forks() }),
    }),
  ];
}
