// A model as a recipe trains it: adapters in place, and which of its tensors are parameters. The rest is frozen.
import { MusterError } from '@muster/protocol';
import { decodeModel, parametersOf, type InitialParameter, type Model } from '../graph/index.ts';
import { seededRandom } from '../random.ts';
import type { Recipe } from '../recipe.ts';
import { withAdapters, type Adapter } from './adapters.ts';
import { matches } from './pattern.ts';

export type TrainedRecipe = Pick<Recipe, 'trainable' | 'lora'>;

export interface Prepared {
  readonly model: Model;
  /** Names of the tensors that are trained, which a round's base and updates hold; undefined for all there are. */
  readonly trained: ReadonlySet<string> | undefined;
  readonly adapters: readonly Adapter[];
}

function selected(model: Model, patterns: readonly string[]): string[] {
  const names = parametersOf(model).map(({ name }) => name);
  const issues = patterns.flatMap((pattern, index) =>
    names.some((name) => matches(pattern, name))
      ? []
      : [{ field: `trainable.${index}`, problem: `${pattern} fits no weight of the model` }],
  );
  if (issues.length > 0) throw new MusterError('ERR_RECIPE_INVALID', { issues });
  return names.filter((name) => patterns.some((pattern) => matches(pattern, name)));
}

/**
 * Prepares a model. Without `trainable` and `lora` every weight is trained; with `trainable` those it names; with `lora` the
 * adapters, and what `trainable` names besides.
 * @param bytes ONNX
 * @throws MusterError ERR_RECIPE_INVALID naming the pattern that fits nothing, ERR_MODEL_MALFORMED, ERR_OPERATOR_UNSUPPORTED
 */
export function prepareModel(bytes: Uint8Array, { trainable, lora }: TrainedRecipe): Prepared {
  const original = decodeModel(bytes);
  const chosen = trainable === undefined ? undefined : selected(original, trainable);
  if (lora === undefined) return { model: original, trained: chosen && new Set(chosen), adapters: [] };
  const { model, adapters } = withAdapters(original, lora);
  return { model, trained: new Set([...(chosen ?? []), ...adapters.flatMap(({ a, b }) => [a, b])]), adapters };
}

/** A: uniform in ±1/sqrt(inputs), as the LoRA authors' code has it (Kaiming's rule with a = sqrt 5). B stays zeros. */
function seededFactor({ shape }: InitialParameter, form: Adapter['form'], labels: (string | number)[]): Float32Array {
  const random = seededRandom(...labels);
  const fan = form === 'convolution' ? shape.slice(1) : shape.slice(0, 1);
  const bound = 1 / Math.sqrt(fan.reduce((product, size) => product * size, 1));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return Float32Array.from({ length: size }, () => (random.uniform() * 2 - 1) * bound);
}

/**
 * What a job starts from: the trained tensors with the values in the model's file, adapters seeded, in parameter order.
 * @param seed the job's
 * @throws as {@link prepareModel}
 */
export function startParameters(bytes: Uint8Array, recipe: TrainedRecipe, seed: string | number): InitialParameter[] {
  const { model, trained, adapters } = prepareModel(bytes, recipe);
  const factors = new Map(adapters.map(({ a, form }) => [a, form]));
  return parametersOf(model, trained).map((parameter): InitialParameter => {
    const stored = model.graph.initializers.get(parameter.name);
    if (stored?.dtype !== 'float32') throw new TypeError(`${parameter.name} is no parameter`);
    const initial = { ...parameter, data: stored.data };
    const form = factors.get(parameter.name);
    return form === undefined
      ? initial
      : { ...initial, data: seededFactor(initial, form, [seed, 'lora', parameter.name]) };
  });
}
