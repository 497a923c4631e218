// A loss over a batch, weighted per example, and its adjoint with respect to the scores, in graph nodes.
import { floats, int, longs, type GraphBuilder } from '../graph/index.ts';
import { appendCrossEntropy } from './cross-entropy.ts';
import { appendElementLoss } from './element-loss.ts';
import type { Head } from './head.ts';
import type { Loss } from './schema.ts';

export interface LossInputs {
  readonly head: Head;
  /** int32 [batch] or [batch, width] for classes, float32 [batch, width] otherwise */
  readonly labels: string;
  /** [batch] float32: 1/n for each of the batch's n examples, 0 for padding */
  readonly weights: string;
  /** scalar that the adjoint is multiplied with; 1 where there is none */
  readonly scale: string | undefined;
  readonly batchSize: number;
}

/**
 * Appends loss = sum_i w_i mean_j l(z_ij, t_ij), which is PyTorch's mean over all elements, and its adjoint.
 * @param output name the loss shall have
 * @returns the name of the seed, of the scores' shape
 */
export function appendLoss(graph: GraphBuilder, loss: Loss, inputs: LossInputs, output: string): string {
  if (loss === 'cross-entropy') return appendCrossEntropy(graph, inputs, output);
  const { head, labels, weights, scale, batchSize } = inputs;
  const { width } = head.target;
  const flat = graph.constant(longs([2], [batchSize, width]));
  const element = appendElementLoss(graph, loss, graph.op('Reshape', [head.scores, flat]), labels);
  const column = graph.op('Reshape', [weights, graph.constant(longs([2], [batchSize, 1]))]);
  const weight = width === 1 ? column : graph.op('Mul', [column, graph.constant(floats([], [1 / width]))]);
  const axes = graph.constant(longs([2], [0, 1]));
  graph.op('ReduceSum', [graph.op('Mul', [element.loss, weight]), axes], { keepdims: int(0) }, output);
  const seed = graph.op('Mul', [element.slope, scale === undefined ? weight : graph.op('Mul', [weight, scale])]);
  return graph.op('Reshape', [seed, graph.constant(longs([head.shape.length], head.shape))]);
}
