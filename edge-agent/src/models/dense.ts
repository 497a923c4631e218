// A chain of fully connected layers, with Relu between them: the mlp itself, and the end of the cnn.
import { int, type GraphBuilder } from '../train/graph/index.ts';
import { glorotUniform, heUniform, zeros } from './initialise.ts';

/**
 * Appends layers `<name><i>.weight` [in, out] and `<name><i>.bias` [out].
 * @param input a value of shape [batch, sizes[0]]
 * @param labels key of the seeded generator
 * @param output name of the last layer's result
 */
export function appendDense(
  graph: GraphBuilder,
  input: string,
  sizes: readonly number[],
  labels: readonly (string | number)[],
  output: string,
): void {
  let value = input;
  for (let layer = 1; layer < sizes.length; layer++) {
    const [from, to] = [sizes[layer - 1] ?? 0, sizes[layer] ?? 0];
    const [weight, bias] = [`dense${layer}.weight`, `dense${layer}.bias`];
    const last = layer === sizes.length - 1;
    const tensor = last
      ? glorotUniform([from, to], from, to, ...labels, weight)
      : heUniform([from, to], from, ...labels, weight);
    graph.initializers.set(weight, tensor);
    graph.initializers.set(bias, zeros([to]));
    graph.reserve([weight, bias]);
    value = graph.op('Gemm', [value, weight, bias], {}, last ? output : `dense${layer}`);
    if (!last) value = graph.op('Relu', [value], {}, `relu${layer}`);
  }
  if (sizes.length < 2) throw new TypeError('a network needs at least two sizes');
}

/** Appends Flatten. @returns [batch, features] */
export function appendFlatten(graph: GraphBuilder, input: string): string {
  return graph.op('Flatten', [input], { axis: int(1) }, 'features');
}
