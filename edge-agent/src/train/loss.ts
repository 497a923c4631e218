// Cross-entropy over the batch, weighted per example, and its adjoint with respect to the scores, in graph nodes.
import { floats, int, longs, type GraphBuilder } from './graph/index.ts';

export interface LossInputs {
  /** [batch, classes] float32 */
  readonly logits: string;
  readonly classes: number;
  /** [batch] int32 */
  readonly labels: string;
  /** [batch] float32: 1/n for each of the batch's n examples, 0 for padding */
  readonly weights: string;
  /** scalar that the adjoint is multiplied with */
  readonly scale: string;
  readonly batchSize: number;
}

/**
 * Appends loss = -sum_i w_i log softmax(z_i)[y_i] and seed = scale w_i (softmax(z_i) - onehot(y_i)).
 * @param output name the loss shall have
 * @returns the name of the seed, shape [batch, classes]
 */
export function appendCrossEntropy(graph: GraphBuilder, inputs: LossInputs, output: string): string {
  const { logits, classes, labels, weights, scale, batchSize } = inputs;
  const iota = {
    dtype: 'int32' as const,
    shape: [1, classes],
    data: Int32Array.from({ length: classes }, (_, i) => i),
  };
  const column = graph.constant(longs([2], [batchSize, 1]));
  const logs = graph.op('LogSoftmax', [logits], { axis: int(1) });
  // Equal against a row of class numbers: OneHot exists for few combinations of types only.
  const hits = graph.op('Equal', [graph.op('Reshape', [labels, column]), graph.constant(iota)]);
  const onehot = graph.op('Cast', [hits], { to: int(1) });
  const weight = graph.op('Reshape', [weights, column]);
  const error = graph.op('Sub', [graph.op('Exp', [logs]), onehot]);
  const seed = graph.op('Mul', [error, graph.op('Mul', [weight, scale])]);
  const picked = graph.op('Mul', [graph.op('Mul', [onehot, logs]), weight]);
  const sum = graph.op('ReduceSum', [picked, graph.constant(longs([2], [0, 1]))], { keepdims: int(0) });
  graph.op('Mul', [sum, graph.constant(floats([], [-1]))], {}, output);
  return seed;
}
