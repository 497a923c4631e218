// The frame of Muster's own models: one input `input` [batch, 1, 28, 28], one output `logits` [batch, classes].
import { encodeModel, type GraphBuilder } from '../train/graph/index.ts';

/** Operator set of the models written here: the one both PyTorch exporters know. */
const OPSET = 18;

export function encodeClassifier(
  name: string,
  graph: GraphBuilder,
  shape: readonly number[],
  classes: number,
): Uint8Array {
  return encodeModel({
    opset: OPSET,
    graph: {
      name,
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', ...shape] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', classes] }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}
