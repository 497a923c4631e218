// The evaluation graph: a model's forward pass with the loss and the predicted class of each example.
import { headOf } from '../train/loss/index.ts';
import { decodeModel, encodeModel, GraphBuilder, int, longs, specialise, type Value } from '../train/graph/index.ts';

/** Names of the evaluation graph's inputs and outputs; parameters are inputs under their own names. */
export const EVALUATION = {
  /** [batch, ...shape] float32 */
  examples: 'evaluation:examples',
  /** [batch] int32 */
  labels: 'evaluation:labels',
  /** [batch] float32: cross-entropy of each example */
  losses: 'evaluation:losses',
  /** [batch] int64: the class of the highest score, the first of equals */
  predictions: 'evaluation:predictions',
} as const;

const OPSET_MIN = 18;

export interface EvaluationOptions {
  readonly batchSize: number;
}

/**
 * Derives the evaluation graph of a model. The same model and options give the same bytes.
 * @returns ONNX bytes; inputs and outputs are named by {@link EVALUATION}
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, each naming the node
 */
export function buildEvaluation(model: Uint8Array, { batchSize }: EvaluationOptions): Uint8Array {
  const forward = specialise(decodeModel(model), batchSize);
  const head = headOf(forward, 'cross-entropy');
  const graph = new GraphBuilder();
  const { examples, labels, losses, predictions } = EVALUATION;
  graph.reserve([...forward.shapes.keys(), ...Object.values(EVALUATION)]);
  const used = new Set(head.nodes.flatMap(({ inputs }) => inputs));
  for (const [name, tensor] of forward.constants) if (used.has(name)) graph.initializers.set(name, tensor);
  for (const node of head.nodes) {
    graph.append({ ...node, inputs: node.inputs.map((name) => (name === forward.input.name ? examples : name)) });
  }
  const column = graph.constant(longs([2], [batchSize, 1]));
  const logs = graph.op('LogSoftmax', [head.scores], { axis: int(1) });
  const picked = graph.op('GatherElements', [logs, graph.op('Reshape', [labels, column])], { axis: int(1) });
  graph.op('Neg', [graph.op('Reshape', [picked, graph.constant(longs([1], [batchSize]))])], {}, losses);
  graph.op('ArgMax', [head.scores], { axis: int(1), keepdims: int(0) }, predictions);
  const parameters = forward.parameters.map(({ name, shape }): Value => ({ name, shape, dtype: 'float32' }));
  return encodeModel({
    opset: Math.max(OPSET_MIN, forward.opset),
    graph: {
      name: 'evaluation',
      inputs: [
        { name: examples, dtype: forward.input.dtype, shape: forward.input.shape },
        { name: labels, dtype: 'int32', shape: [batchSize] },
        ...parameters,
      ],
      outputs: [
        { name: losses, dtype: 'float32', shape: [batchSize] },
        { name: predictions, dtype: 'int64', shape: [batchSize] },
      ],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}
