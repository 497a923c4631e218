// Cross-entropy with whole-numbered labels, weighted per example, and its adjoint with respect to the scores.
import { floats, int, longs, type GraphBuilder } from '../graph/index.ts';
import type { LossInputs } from './loss.ts';

/**
 * Appends loss = -sum_i w_i mean_p log softmax(z_ip)[y_ip] and seed = scale w_i / P (softmax(z_ip) - onehot(y_ip)), where p
 * are the P positions of an example (1 for a classifier, pixels for a segmentation): PyTorch's CrossEntropyLoss.
 * @param output name the loss shall have
 * @returns the name of the seed, of the scores' shape [batch, classes, …]
 */
export function appendCrossEntropy(graph: GraphBuilder, inputs: LossInputs, output: string): string {
  const { head, labels, weights, scale, batchSize } = inputs;
  const [, classes = 0, ...positions] = head.shape;
  const plain = positions.length === 0;
  const width = head.target.width;
  const numbers = Int32Array.from({ length: classes }, (_, i) => i);
  const iota = { dtype: 'int32' as const, shape: plain ? [1, classes] : [1, classes, 1], data: numbers };
  const column = graph.constant(plain ? longs([2], [batchSize, 1]) : longs([3], [batchSize, 1, width]));
  const scores = plain
    ? head.scores
    : graph.op('Reshape', [head.scores, graph.constant(longs([3], [batchSize, classes, width]))]);
  const logs = graph.op('LogSoftmax', [scores], { axis: int(1) });
  // Equal against a row of class numbers: OneHot exists for few combinations of types only.
  const hits = graph.op('Equal', [graph.op('Reshape', [labels, column]), graph.constant(iota)]);
  const onehot = graph.op('Cast', [hits], { to: int(1) });
  const weight = plain ? graph.op('Reshape', [weights, column]) : spread(graph, weights, batchSize, width);
  const error = graph.op('Sub', [graph.op('Exp', [logs]), onehot]);
  const seed = graph.op('Mul', [error, scale === undefined ? weight : graph.op('Mul', [weight, scale])]);
  const picked = graph.op('Mul', [graph.op('Mul', [onehot, logs]), weight]);
  const axes = graph.constant(plain ? longs([2], [0, 1]) : longs([3], [0, 1, 2]));
  const sum = graph.op('ReduceSum', [picked, axes], { keepdims: int(0) });
  graph.op('Mul', [sum, graph.constant(floats([], [-1]))], {}, output);
  return plain ? seed : graph.op('Reshape', [seed, graph.constant(longs([head.shape.length], head.shape))]);
}

/** An example's weight, shared by its positions. */
function spread(graph: GraphBuilder, weights: string, batchSize: number, width: number): string {
  const cube = graph.op('Reshape', [weights, graph.constant(longs([3], [batchSize, 1, 1]))]);
  return graph.op('Mul', [cube, graph.constant(floats([], [1 / width]))]);
}
