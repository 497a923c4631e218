// Documents of the health routes.

import { z } from 'zod';

export const livenessSchema = z.strictObject({ status: z.literal('ok') });
export const readinessSchema = z.strictObject({
  status: z.enum(['ok', 'unready']),
  /** by check: `ok`, or why not */
  checks: z.record(z.string(), z.string()),
  /** what a person should know, such as a fork; the gateway is of use all the same */
  notice: z.string().optional(),
});
