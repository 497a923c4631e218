// Which inputs of nodes are settings, not weights, though exporters write them as initializers like any weight.
import type { Graph, Node, Tensor } from './graph.ts';

/** Operator -> indices of inputs that are never trained. */
const SETTINGS: ReadonlyMap<string, readonly number[]> = new Map([
  ['Clip', [1, 2]],
  ['Dropout', [1, 2]],
  ['Pad', [1, 2]],
  ['Resize', [1, 2, 3]],
]);

const isFilled = (tensor: Tensor | undefined, value: number): boolean =>
  tensor?.dtype === 'float32' && tensor.data.every((each) => each === value);

/**
 * PyTorch exports GroupNorm as InstanceNormalization of reshaped channels, with a scale of ones and a bias of zeros that its
 * module does not have; the module's own come after. As weights they would train what no other framework trains.
 */
function isGroupNorm(node: Node, { nodes, initializers }: Graph): boolean {
  if (node.operator !== 'InstanceNormalization') return false;
  const [input, scale = '', bias = ''] = node.inputs;
  const producer = nodes.find(({ outputs }) => outputs[0] === input);
  return (
    producer?.operator === 'Reshape' && isFilled(initializers.get(scale), 1) && isFilled(initializers.get(bias), 0)
  );
}

/** Names of the initializers that some node takes as a weight. */
export function weightsOf(graph: Graph): Set<string> {
  const weights = graph.nodes.flatMap((node) => {
    const settings = isGroupNorm(node, graph) ? [1, 2] : (SETTINGS.get(node.operator) ?? []);
    return node.inputs.filter((_, index) => !settings.includes(index));
  });
  return new Set(weights);
}
