// One evaluation of a model on a data set, from opening both to closing both.
import { openSource, type DataOrigin } from '../data/index.ts';
import type { Parameters } from '../train/index.ts';
import type { EvaluatedRecipe } from './evaluation-graph.ts';
import { Evaluator, type EvaluationResult } from './evaluator.ts';

/**
 * Evaluates a model once, on the calling thread.
 * @param parameters those that the recipe trains
 * @throws MusterError ERR_PARAMETERS_INVALID, ERR_DATA_MALFORMED and as {@link Evaluator.open}
 */
export async function evaluateModel(
  model: Uint8Array,
  recipe: EvaluatedRecipe,
  parameters: Parameters,
  origin: DataOrigin,
): Promise<EvaluationResult> {
  const data = await openSource(origin);
  try {
    const evaluator = await Evaluator.open(model, recipe);
    try {
      return await evaluator.evaluate(parameters, data);
    } finally {
      await evaluator.close();
    }
  } finally {
    await data.close();
  }
}
