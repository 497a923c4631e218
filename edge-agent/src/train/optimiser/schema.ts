// The recipe's optimisers and clipping, with PyTorch's names for what they are set by and PyTorch's defaults.
import { z } from 'zod';

const learningRate = z.number().positive().max(100);
/** Of moving averages: below 1, or nothing is ever learned anew. */
const decay = z.number().min(0).lt(1);
/** L2: added to the gradient (AdamW: taken off the weight directly, Loshchilov and Hutter 2019). */
const weightDecay = z.number().min(0).max(10);
const epsilon = z.number().positive().max(1);

const adam = {
  learningRate,
  beta1: decay.default(0.9),
  beta2: decay.default(0.999),
  epsilon: epsilon.default(1e-8),
};

export const optimiserSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd'),
    learningRate,
    momentum: decay.default(0),
    nesterov: z.boolean().optional(),
    weightDecay: weightDecay.optional(),
  }),
  z.strictObject({ name: z.literal('adam'), ...adam, weightDecay: weightDecay.default(0) }),
  z.strictObject({ name: z.literal('adamw'), ...adam, weightDecay: weightDecay.default(0.01) }),
  z.strictObject({
    name: z.literal('rmsprop'),
    learningRate,
    alpha: decay.default(0.99),
    epsilon: epsilon.default(1e-8),
    momentum: decay.default(0),
    centred: z.boolean().default(false),
    weightDecay: weightDecay.default(0),
  }),
]);

export type Optimiser = z.infer<typeof optimiserSchema>;

const limit = z.number().positive().max(1_000_000);

/** `value`: each element into ±value; then `norm`: all gradients together to at most that Euclidean length. */
export const clipSchema = z
  .strictObject({ norm: limit.optional(), value: limit.optional() })
  .refine(({ norm, value }) => norm !== undefined || value !== undefined, 'needs norm, value or both');

export type Clip = z.infer<typeof clipSchema>;
