// The recipe: how an agent trains. Small JSON, content-addressed together with the model by the job that names it.
// A recipe of the first release parses unchanged: what came later is optional.
import { MusterError } from '@muster/protocol';
import { z } from 'zod';
import { clipSchema, optimiserSchema } from './optimiser/schema.ts';
import { scheduleSchema } from './optimiser/schedule.ts';
import { lossSchema, type Loss } from './loss/schema.ts';
import { loraSchema, trainableSchema } from './trained/schema.ts';

const finite = (low: number, high: number): z.ZodNumber => z.number().min(low).max(high);
const count = (high: number): z.ZodNumber => z.int().min(1).max(high);

const schema = z.strictObject({
  v: z.literal(1),
  loss: lossSchema,
  optimiser: optimiserSchema,
  /** Multiplies the learning rate, by the steps of the local run and by the job's rounds; constant where absent. */
  schedule: scheduleSchema.optional(),
  /** Of the gradients, before the optimiser sees them. */
  clip: clipSchema.optional(),
  /** Which weights are trained; absent, all are, or with `lora` only the adapters. */
  trainable: trainableSchema.optional(),
  lora: loraSchema.optional(),
  /** FedProx's mu (Li et al. 2020); 0 is plain FedAvg. */
  proximal: finite(0, 100),
  epochs: count(1000),
  batchSize: count(65_536),
  /** Steps of one session call: a matter of speed, but of the graph and so of its digest. */
  stepsPerRun: count(100_000),
});

export type Recipe = z.infer<typeof schema>;

function refuseInvalid<T>(result: z.ZodSafeParseResult<T>, whole: string): T {
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => ({ field: path.join('.') || whole, problem: message }));
  throw new MusterError('ERR_RECIPE_INVALID', { issues });
}

/**
 * Reads a recipe.
 * @throws MusterError ERR_RECIPE_INVALID naming every bad field
 */
export function parseRecipe(value: unknown): Recipe {
  return refuseInvalid(schema.safeParse(value), '(recipe)');
}

/**
 * Reads a loss as a recipe has it.
 * @throws MusterError ERR_RECIPE_INVALID
 */
export function parseLoss(value: unknown): Loss {
  return refuseInvalid(lossSchema.safeParse(value), 'loss');
}
