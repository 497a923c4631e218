// Audit: what happened, asked of the ledger and of the projection of its blocks.

import { digestSchema, jobIdSchema, KEY_TYPES, MusterError, nameSchema, signatorySchema } from '@muster/protocol';
import { z } from 'zod';
import { clientOf, within, type Admission } from '../admission/admission.ts';
import type { Ledger } from '../ports.ts';
import type { Reads } from '../projection/reads.ts';
import { listOf, pageQuery } from '../schemas/page.ts';
import { eventSchema, historySchema, lineageSchema, transactionSchema } from '../schemas/state.ts';
import { route, type Route } from './route.ts';

/** Attributes of a composite key, as a JSON array in the query. */
export const attributesSchema = z
  .string()
  .max(1000)
  // printable and without blanks, as the chaincode takes them; neither quote nor backslash is part of any key
  .regex(
    /^\[("[!#-[\]-~]{1,127}"(,"[!#-[\]-~]{1,127}"){0,7})?\]$/,
    'must be a JSON array of at most 8 strings of 1 to 127 printable characters',
  )
  .transform((text) => JSON.parse(text) as string[]);

/** The ledger goes back so many values at most. */
const skipSchema = z
  .string()
  .regex(/^(\d{1,5}|100000)$/, 'must be the next of an earlier page, at most 100000')
  .optional();

const time = z.coerce.number().int().min(0).optional();

interface History {
  readonly items: readonly { readonly transaction: string }[];
  readonly more: boolean;
}

/** What the routes need. */
export interface AuditParts {
  readonly reads: Reads;
  readonly ledger: Ledger;
  readonly admission: Admission;
}

function historyRoute({ reads, ledger, admission }: AuditParts): Route {
  return route({
    method: 'get',
    path: '/v1/audit/history',
    summary: 'Every value a key of the ledger has had, newest first; from the ledger itself',
    query: z.object({ ...pageQuery, cursor: skipSchema, type: z.enum(KEY_TYPES), attributes: attributesSchema }),
    answers: { 200: { description: 'Values', schema: listOf(historySchema) } },
    handle: async ({ query: { type, attributes, limit, cursor } }, _request, response) => {
      const skip = Number(cursor ?? 0);
      const args = [type, JSON.stringify(attributes), String(limit), String(skip)];
      const told = await within(admission.queries, clientOf(response), () =>
        ledger.evaluate({ function: 'audit:history', args }),
      );
      const { items, more } = JSON.parse(told) as History;
      response.json({
        items: items.map((item) => ({ ...item, block: reads.blockOf(item.transaction) })),
        ...(more ? { next: String(skip + items.length) } : {}),
      });
    },
  });
}

export function auditRoutes(parts: AuditParts): Route[] {
  const { reads } = parts;
  return [
    historyRoute(parts),
    route({
      method: 'get',
      path: '/v1/audit/lineage/:digest',
      summary: 'The rounds that made a model, oldest first',
      params: z.object({ digest: digestSchema }),
      answers: { 200: { description: 'The lineage', schema: lineageSchema } },
      handle: ({ params: { digest } }, _request, response) => {
        const found = reads.lineage(digest);
        if (found === undefined) throw new MusterError('ERR_MODEL_UNKNOWN', { digest });
        response.json(found);
      },
    }),
    route({
      method: 'get',
      path: '/v1/audit/find',
      summary: 'Events by what they are about, newest first',
      query: z.object({
        ...pageQuery,
        organisation: nameSchema.optional(),
        by: signatorySchema.optional(),
        job: jobIdSchema.optional(),
        type: z.string().max(64).optional(),
        digest: digestSchema.optional(),
        from: time,
        to: time,
      }),
      answers: { 200: { description: 'Events', schema: listOf(eventSchema) } },
      handle: ({ query: { limit, cursor, from, to, ...asked } }, _request, response) =>
        void response.json(reads.find(asked, { from, to }, { limit, cursor })),
    }),
    route({
      method: 'get',
      path: '/v1/transactions/:id',
      summary: 'A transaction and its events',
      params: z.object({ id: z.string().max(128) }),
      answers: { 200: { description: 'The transaction', schema: transactionSchema } },
      handle: ({ params: { id } }, _request, response) => {
        const found = reads.transaction(id);
        if (found === undefined) throw new MusterError('ERR_TRANSACTION_UNKNOWN', { transaction: id });
        response.json(found);
      },
    }),
  ];
}
