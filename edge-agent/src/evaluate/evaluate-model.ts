// One evaluation of a model on a data set, from opening both to closing both.
import { openSource, type DataOrigin } from '../data/index.ts';
import { initialParameters, parseLoss, type Parameters } from '../train/index.ts';
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

/**
 * Evaluates a plain ONNX file once, with the weights in it.
 * @param loss as a recipe has it; what is wrong with it is told as of a recipe
 * @throws MusterError ERR_RECIPE_INVALID, ERR_DATA_MALFORMED and as {@link Evaluator.open}
 */
export function evaluateFile(model: Uint8Array, loss: unknown, origin: DataOrigin): Promise<EvaluationResult> {
  const recipe = { loss: parseLoss(loss) };
  const parameters = new Map(initialParameters(model).map(({ name, data }) => [name, data]));
  return evaluateModel(model, recipe, parameters, origin);
}
