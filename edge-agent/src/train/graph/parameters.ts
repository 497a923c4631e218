// Which of a model's values are trained, and in which order: the order of its initializers, which updates follow.
import { decodeModel } from './decode.ts';
import type { Model, Tensor } from './graph.ts';
import { weightsOf } from './settings.ts';

/** A trained tensor's place in a model. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32';
}

export interface InitialParameter extends Parameter {
  /** Row-major values as the model file holds them. */
  readonly data: Float32Array;
}

/** Names that PyTorch's exporters give to values that have none in the model's code. */
const UNNAMED = /^(val_\d+|onnx::.*|.*Constant.*)$/;

/**
 * Exporters write constants of the model's formula ("times 2", masks of minus infinity) as initializers as well: scalars,
 * since no layer has a scalar weight; single values without a name of their own; and whatever is not finite.
 */
function isConstant(name: string, { shape, data }: Tensor & { readonly dtype: 'float32' }): boolean {
  if (shape.length === 0 || (data.length === 1 && UNNAMED.test(name))) return true;
  return data.some((value) => !Number.isFinite(value));
}

/**
 * The trained values: float32 initializers that some node takes as a weight and that are no constants of the model's formula.
 * @param trained names of those that are wanted; all by default
 */
export function parametersOf(model: Model, trained?: ReadonlySet<string>): Parameter[] {
  const chosen = initialParametersOf(model).filter(({ name }) => trained?.has(name) ?? true);
  return chosen.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
}

function initialParametersOf({ graph }: Model): InitialParameter[] {
  const used = weightsOf(graph);
  return [...graph.initializers].flatMap(([name, tensor]) =>
    tensor.dtype === 'float32' && used.has(name) && !isConstant(name, tensor)
      ? [{ name, shape: tensor.shape, dtype: tensor.dtype, data: tensor.data }]
      : [],
  );
}

/**
 * A model's trained tensors with the values in its file, in the model's parameter order.
 * @param model ONNX bytes
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_OPERATOR_UNSUPPORTED
 */
export function initialParameters(model: Uint8Array): InitialParameter[] {
  return initialParametersOf(decodeModel(model));
}
