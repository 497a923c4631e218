// Losses that compare number by number: binary cross-entropy with logits, squared error, Huber.
import { floats, type GraphBuilder } from '../graph/index.ts';
import type { Loss } from './schema.ts';

/** Both of the shape of scores and targets. */
export interface ElementLoss {
  readonly loss: string;
  /** the loss's derivative with respect to the score */
  readonly slope: string;
}

type Append = (graph: GraphBuilder, score: string, target: string) => ElementLoss;

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

/** max(z, 0) - z t + log(1 + e^-|z|), which overflows for no z (PyTorch's BCEWithLogitsLoss); slope sigmoid(z) - t. */
const binaryCrossEntropy: Append = (graph, z, t) => {
  const small = graph.op('Exp', [graph.op('Neg', [graph.op('Abs', [z])])]);
  const rest = graph.op('Log', [graph.op('Add', [small, scalar(graph, 1)])]);
  const linear = graph.op('Sub', [graph.op('Relu', [z]), graph.op('Mul', [z, t])]);
  return { loss: graph.op('Add', [linear, rest]), slope: graph.op('Sub', [graph.op('Sigmoid', [z]), t]) };
};

/** (z - t)^2; slope 2 (z - t) */
const squaredError: Append = (graph, z, t) => {
  const difference = graph.op('Sub', [z, t]);
  return {
    loss: graph.op('Mul', [difference, difference]),
    slope: graph.op('Mul', [difference, scalar(graph, 2)]),
  };
};

/** d²/2 up to delta, delta (|d| - delta/2) beyond (Huber 1964), as c (d - c/2) with c = d clipped to ±delta; slope c. */
const huber =
  (delta: number): Append =>
  (graph, z, t) => {
    const difference = graph.op('Sub', [z, t]);
    const clipped = graph.op('Clip', [difference, scalar(graph, -delta), scalar(graph, delta)]);
    const half = graph.op('Mul', [clipped, scalar(graph, 0.5)]);
    return { loss: graph.op('Mul', [clipped, graph.op('Sub', [difference, half])]), slope: clipped };
  };

/** Appends an element-wise loss of two values of one shape. */
export function appendElementLoss(
  graph: GraphBuilder,
  loss: Exclude<Loss, 'cross-entropy'>,
  score: string,
  target: string,
): ElementLoss {
  if (loss === 'binary-cross-entropy') return binaryCrossEntropy(graph, score, target);
  const append = loss === 'mean-squared-error' ? squaredError : huber(loss.delta);
  return append(graph, score, target);
}
