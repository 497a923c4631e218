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

const fields = z.strictObject({
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
  /** How much of c - c_i is added to each gradient (SCAFFOLD, Karimireddy et al. 2020): 1 is the paper's, absent is none. */
  control: z.number().positive().max(1).optional(),
  /** Passes over an agent's examples in a round. */
  epochs: count(1000).optional(),
  /** In their place a number of steps, the same for every agent: through its examples again, or through a part of them. */
  steps: count(1_000_000).optional(),
  batchSize: count(65_536),
  /** Steps of one session call: a matter of speed, but of the graph and so of its digest. */
  stepsPerRun: count(100_000),
});

export type Recipe = z.infer<typeof fields>;

/** What c_i is made of is the sum of the gradients only where each of the run's steps is one gradient times one rate. */
function controlIssues({ control, optimiser, schedule, proximal, steps }: Recipe): [string, string][] {
  if (control === undefined) return [];
  const plain = optimiser.name === 'sgd' && optimiser.momentum === 0;
  const found: [boolean, string, string][] = [
    [!plain, 'optimiser', 'must be sgd without momentum, as control variates are made for'],
    [schedule !== undefined, 'schedule', 'must be absent: control variates need one learning rate'],
    [proximal > 0, 'proximal', 'must be 0: control variates are there for the same drift'],
    [steps === undefined, 'steps', 'is needed: control variates compare agents that take as many steps'],
  ];
  return found.flatMap(([wrong, field, problem]): [string, string][] => (wrong ? [[field, problem]] : []));
}

const schema = fields.superRefine((recipe, context) => {
  const { epochs, steps } = recipe;
  const found = controlIssues(recipe);
  if (epochs !== undefined && steps !== undefined) found.push(['steps', 'cannot stand beside epochs']);
  if (epochs === undefined && steps === undefined) found.push(['epochs', 'is needed, or steps']);
  for (const [field, message] of found) context.addIssue({ code: 'custom', path: [field], message });
});

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
