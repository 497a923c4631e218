// A plain ONNX file of what was trained: parameters in their places, adapters merged into the weights they stand beside.
import { decodeModel, encodeModel, inferenceForm, type Tensor } from '../graph/index.ts';
import { checkParameters, type Parameters } from '../check-parameters.ts';
import { parametersOf } from '../graph/index.ts';
import type { Adapter } from './adapters.ts';
import { prepareModel, type TrainedRecipe } from './prepare.ts';

type Floats = Extract<Tensor, { dtype: 'float32' }>;

/** W + scale A B in doubles, rounded once. */
function merged(weight: Floats, { form, scale }: Adapter, a: Float32Array, b: Float32Array): Floats {
  const [first = 0, second = 0] = weight.shape;
  const inner = weight.data.length / (first * second);
  const [outputs, inputs] = form === 'in-out' ? [second, first] : [first, second];
  const fan = inputs * inner;
  const rank = b.length / outputs;
  // A is [fan, rank] and B [rank, out]; of a convolution A is [rank, fan] and B [out, rank]
  const across = form === 'convolution';
  const data = Float32Array.from(weight.data, (value, index) => {
    const [output, input] =
      form === 'in-out' ? [index % second, Math.floor(index / second)] : [Math.floor(index / fan), index % fan];
    let sum = 0;
    for (let r = 0; r < rank; r++) {
      const left = a[across ? r * fan + input : input * rank + r] ?? 0;
      sum += left * (b[across ? output * rank + r : r * outputs + output] ?? 0);
    }
    return value + scale * sum;
  });
  return { ...weight, data };
}

/**
 * Writes a model's file anew with a round's parameters in it.
 * @param bytes the job's model
 * @param recipe the job's
 * @param parameters of a round's base or aggregate
 * @returns ONNX bytes with the same inputs, outputs and operators as the job's model, in their form for inference
 * @throws MusterError ERR_PARAMETERS_INVALID where they are not this model's, and as {@link prepareModel}
 */
export function exportModel(bytes: Uint8Array, recipe: TrainedRecipe, parameters: Parameters): Uint8Array {
  const { model: prepared, trained, adapters } = prepareModel(bytes, recipe);
  checkParameters(parametersOf(prepared, trained), parameters);
  const { opset, graph } = decodeModel(bytes);
  const initializers = new Map(graph.initializers);
  const replace = (name: string, change: (tensor: Floats) => Floats): void => {
    const tensor = initializers.get(name);
    if (tensor?.dtype === 'float32') initializers.set(name, change(tensor));
  };
  for (const [name, data] of parameters) replace(name, (tensor) => ({ ...tensor, data }));
  for (const adapter of adapters) {
    const [a, b] = [parameters.get(adapter.a), parameters.get(adapter.b)];
    if (a !== undefined && b !== undefined) replace(adapter.weight, (tensor) => merged(tensor, adapter, a, b));
  }
  // a model exported at work in training would go on normalising by the batch and dropping values
  return encodeModel({ opset, graph: { ...graph, initializers, nodes: graph.nodes.map(inferenceForm) } });
}
