// Which of a model's values are trained, and in which order: the order of its initializers, which updates follow.
import { decodeModel } from './decode.ts';
import type { Model } from './graph.ts';

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

/**
 * The trained values: float32 initializers that some node uses. Scalars are not among them, since exporters write
 * constants of the model's formula ("times 2") as scalar initializers, and no layer has a scalar weight.
 * @param trained names of those that are wanted; all by default
 */
export function parametersOf(model: Model, trained?: ReadonlySet<string>): Parameter[] {
  const chosen = initialParametersOf(model).filter(({ name }) => trained?.has(name) ?? true);
  return chosen.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
}

function initialParametersOf({ graph }: Model): InitialParameter[] {
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  return [...graph.initializers].flatMap(([name, tensor]) =>
    tensor.dtype === 'float32' && tensor.shape.length > 0 && used.has(name)
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
