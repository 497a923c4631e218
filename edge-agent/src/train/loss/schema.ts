// The recipe's loss: what training makes small.
import { z } from 'zod';

/** Largest delta a Huber loss may have: beyond, it is the squared error. */
const DELTA_MAX = 1_000_000;

export const lossSchema = z.union(
  [
    z.enum(['cross-entropy', 'binary-cross-entropy', 'mean-squared-error']),
    z.strictObject({ name: z.literal('huber'), delta: z.number().positive().max(DELTA_MAX) }),
  ],
  'must be cross-entropy, binary-cross-entropy, mean-squared-error or {"name":"huber","delta":d} with 0 < d <= 1000000',
);

export type Loss = z.infer<typeof lossSchema>;
export type LossName = Extract<Loss, string> | 'huber';

export const lossName = (loss: Loss): LossName => (typeof loss === 'string' ? loss : loss.name);
