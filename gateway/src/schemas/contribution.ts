// Scores and reputations, as they are answered. In millionths throughout.

import { jobIdSchema, nameSchema, SETTLED_OUTCOMES, signatorySchema } from '@muster/protocol';
import { z } from 'zod';

const standing = {
  /** the moving average, −10^6 … 10^6 */
  reputationMicro: z.int(),
  /** what moved it last, −10^6 … 10^6 */
  scoreMicro: z.int(),
  /** how many rounds moved it */
  rounds: z.int(),
  /** the last of them */
  round: z.int(),
};

export const scoredUpdateSchema = z.object({
  by: signatorySchema,
  scores: z.array(z.object({ organisation: nameSchema, scoreMicro: z.int() })),
  settled: z
    .object({
      by: signatorySchema,
      outcome: z.enum(SETTLED_OUTCOMES),
      code: z.string().optional(),
      medianMicro: z.int().optional(),
      ...standing,
    })
    .optional(),
});

export const reputationSchema = z.object({
  job: jobIdSchema,
  organisation: nameSchema,
  by: signatorySchema,
  ...standing,
});
export type Reputation = z.infer<typeof reputationSchema>;
