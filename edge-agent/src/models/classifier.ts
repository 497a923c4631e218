// The frame of Muster's own models: one input `input` [batch, ...shape], one output `logits` [batch, classes].
import { encodeModel, type ElementType, type GraphBuilder } from '../train/graph/index.ts';

/** Operator set of the models written here: the one both PyTorch exporters know. */
const OPSET = 18;

export interface ClassifierFrame {
  /** Of one example. */
  readonly shape: readonly number[];
  readonly classes: number;
  readonly dtype?: ElementType;
}

export function encodeClassifier(
  name: string,
  graph: GraphBuilder,
  { shape, classes, dtype = 'float32' }: ClassifierFrame,
): Uint8Array {
  return encodeModel({
    opset: OPSET,
    graph: {
      name,
      inputs: [{ name: 'input', dtype, shape: ['batch', ...shape] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', classes] }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}
