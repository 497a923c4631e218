// How far a local run goes: whole epochs, or as many steps as every agent takes.
import type { Recipe } from './recipe.ts';

export interface RunExtent {
  readonly steps: number;
  /** steps of a whole epoch */
  readonly perEpoch: number;
  /** epochs that are begun */
  readonly epochs: number;
  /** examples that an epoch comes to: all, but for the last, which may be broken off */
  readonly taken: (epoch: number) => number;
}

/**
 * @param recipe one that parsed: it says epochs or steps
 * @param examples of the agent
 * @param epochs in place of what the recipe says
 */
export function extentOf(
  { batchSize, ...recipe }: Pick<Recipe, 'batchSize' | 'epochs' | 'steps'>,
  examples: number,
  epochs = recipe.epochs,
): RunExtent {
  const perEpoch = Math.ceil(examples / batchSize);
  const steps = epochs === undefined ? (recipe.steps as number) : epochs * perEpoch;
  const begun = Math.ceil(steps / perEpoch);
  const last = Math.min(examples, (steps - (begun - 1) * perEpoch) * batchSize);
  return { steps, perEpoch, epochs: begun, taken: (epoch) => (epoch === begun ? last : examples) };
}
