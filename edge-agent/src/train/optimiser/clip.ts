// Clipping of gradients by value and by global norm, as torch.nn.utils.clip_grad_value_ and clip_grad_norm_ do it.
import { floats, int, type GraphBuilder } from '../graph/index.ts';
import type { Clip } from './schema.ts';

/** What PyTorch adds to the norm before it divides. */
const TINY = 1e-6;

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

function sumOfSquares(graph: GraphBuilder, gradients: readonly string[]): string {
  const squares = gradients.map((gradient) => graph.op('ReduceSumSquare', [gradient], { keepdims: int(0) }));
  return squares.reduce((sum, square) => graph.op('Add', [sum, square]));
}

/**
 * Clips gradients: each element into ±value, then all of them by one factor min(1, norm / (|g| + 1e-6)).
 * @returns their names after clipping
 */
export function clipGradients(graph: GraphBuilder, gradients: readonly string[], clip: Clip | undefined): string[] {
  const { value, norm } = clip ?? {};
  const within =
    value === undefined
      ? [...gradients]
      : gradients.map((name) => graph.op('Clip', [name, scalar(graph, -value), scalar(graph, value)]));
  if (norm === undefined || within.length === 0) return within;
  const length = graph.op('Add', [graph.op('Sqrt', [sumOfSquares(graph, within)]), scalar(graph, TINY)]);
  const factor = graph.op('Min', [graph.op('Div', [scalar(graph, norm), length]), scalar(graph, 1)]);
  return within.map((name) => graph.op('Mul', [name, factor]));
}
