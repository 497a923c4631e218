// Documents of submissions: envelopes in, receipts or refusals out.

import { ACTS, ENVELOPE_MAX_BYTES, signatorySchema } from '@muster/protocol';
import { z } from 'zod';

/** One beyond the limit is let through, so that what is too large is refused with its own code. */
const envelopeSchema = z
  .string()
  .min(1)
  .max(2 * ENVELOPE_MAX_BYTES);
export const WAIT_MAX_MS = 60_000;
export const BATCH_MAX = 1000;

export const singleSchema = z.strictObject({ envelope: envelopeSchema });
export const batchSchema = z.union([
  singleSchema,
  z.strictObject({ envelopes: z.array(envelopeSchema).min(1).max(BATCH_MAX) }),
]);

/** How long to wait for the ledger, milliseconds. */
export const waitSchema = z.object({ wait: z.coerce.number().int().min(0).max(WAIT_MAX_MS).optional() });

export const jtiSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be base64url SHA-256');

export const receiptSchema = z.strictObject({
  jti: jtiSchema,
  by: signatorySchema,
  /** the transaction's time, milliseconds */
  at: z.int(),
  transaction: z.string(),
  /** set where the same was recorded before: this is the receipt of then */
  duplicate: z.literal(true).optional(),
});

export const errorReportSchema = z.strictObject({ code: z.string(), details: z.record(z.string(), z.unknown()) });

export const submissionSchema = z.strictObject({
  /** null where the envelope was so malformed that it names none */
  jti: jtiSchema.nullable(),
  act: z.enum(ACTS),
  status: z.enum(['pending', 'recorded', 'refused']),
  receipt: receiptSchema.optional(),
  /** what else the act resulted in: `job` of a proposal */
  result: z.record(z.string(), z.unknown()).optional(),
  error: errorReportSchema.optional(),
});

export const submissionAnswerSchema = z.strictObject({ submission: submissionSchema });
export const submissionsAnswerSchema = z.strictObject({ submissions: z.array(submissionSchema) });

export const problemSchema = z.object({
  type: z.string().describe('urn:muster:error:<code>'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  details: z.record(z.string(), z.unknown()),
  instance: z.string().optional(),
  transaction: z.string().optional(),
});
