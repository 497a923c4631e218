// How a recipe's optimiser is put into the graph: which state it carries, and which rates it is fed from step to step.
import type { Recipe } from '../recipe.ts';
import { STEP } from '../step-names.ts';
import { power } from './elementary.ts';
import { scheduleFactor, type StepPlace } from './schedule.ts';
import type { Optimiser } from './schema.ts';

export type OptimiserRecipe = Pick<Recipe, 'optimiser' | 'schedule' | 'clip' | 'proximal' | 'control'>;

export interface OptimiserPlan {
  /**
   * Whether the gradients arrive multiplied by -lr, so that the update fuses into the products that make them: plain SGD,
   * with or without FedProx's term or SCAFFOLD's, and with momentum where the rate is one for the whole run.
   */
  readonly fused: boolean;
  /** Names of what each parameter carries from step to step besides itself; all start as zeros. */
  readonly states: readonly ((parameter: string) => string)[];
  /** How many rates a step is fed ({@link STEP.rates}); 0 where one learning rate serves the whole run. */
  readonly rates: number;
}

function statesOf(optimiser: Optimiser): OptimiserPlan['states'] {
  if (optimiser.name === 'sgd') return optimiser.momentum > 0 ? [STEP.velocity] : [];
  if (optimiser.name !== 'rmsprop') return [STEP.mean, STEP.square];
  return [STEP.square, ...(optimiser.centred ? [STEP.mean] : []), ...(optimiser.momentum > 0 ? [STEP.velocity] : [])];
}

const RATES = { sgd: 1, rmsprop: 1, adam: 2, adamw: 3 } as const;

export function planOf({ optimiser, schedule, clip }: OptimiserRecipe): OptimiserPlan {
  const states = statesOf(optimiser);
  const steady = schedule?.step === undefined;
  const plain = optimiser.name === 'sgd' && optimiser.nesterov !== true && (optimiser.weightDecay ?? 0) === 0;
  const fused = plain && clip === undefined && (steady || optimiser.momentum === 0);
  return { fused, states, rates: fused && steady ? 0 : RATES[optimiser.name] };
}

/** The learning rate at a step. */
export function learningRateAt({ optimiser, schedule }: OptimiserRecipe, place: StepPlace): number {
  return optimiser.learningRate * scheduleFactor(schedule, place);
}

/**
 * What a step is fed, as many numbers as the plan says: the learning rate; for Adam instead the rate over the first
 * moment's correction 1 - beta1^t, and one over the root of the second's (Kingma and Ba 2015, algorithm 1, as PyTorch
 * arranges it); for AdamW also what is left of a weight after decay.
 */
export function ratesAt(recipe: OptimiserRecipe, place: StepPlace): number[] {
  const { optimiser } = recipe;
  const rate = learningRateAt(recipe, place);
  if (optimiser.name === 'sgd' || optimiser.name === 'rmsprop') return [rate];
  const { beta1, beta2, weightDecay, name } = optimiser;
  const time = place.step + 1;
  const adam = [rate / (1 - power(beta1, time)), 1 / Math.sqrt(1 - power(beta2, time))];
  return name === 'adam' ? adam : [...adam, 1 - rate * weightDecay];
}
