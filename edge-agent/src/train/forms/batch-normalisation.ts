// BatchNormalization while training (Ioffe & Szegedy 2015): the batch's own mean and variance, differentiated through, and
// running statistics for later. Every example counts once, padding of a short last batch not at all.
import { floats, int, longs, sizeOf, type GraphBuilder, type Node, type Shape } from '../graph/index.ts';
import { floatOf, unsupported } from '../graph/attributes.ts';
import { appendKnown, knownConstant, type FormContext, type TrainingForm } from './form.ts';

const scalar = (graph: GraphBuilder, value: number): string => knownConstant(graph, floats([], [value]));

function reshaped(graph: GraphBuilder, value: string, shape: Shape): string {
  return appendKnown(graph, 'Reshape', [value, knownConstant(graph, longs([shape.length], [...shape]))]);
}

interface Counting {
  /** scalar: examples of the batch, at least 1 */
  readonly examples: string;
  /** [1, batch]: 1/examples for each of them, 0 for padding */
  readonly shares: string;
}

/** Weights are read for their sign only: an example that counts more in the loss counts no more in the statistics. */
function counting({ graph, weights }: FormContext, batch: number): Counting {
  const present = graph.op('Sign', [weights]);
  const sum = graph.op('ReduceSum', [present, graph.constant(longs([1], [0]))], { keepdims: int(0) });
  const examples = graph.op('Max', [sum, scalar(graph, 1)]);
  const row = graph.op('Reshape', [present, graph.constant(longs([2], [1, batch]))]);
  const shares = graph.op('Div', [row, examples]);
  graph.shapes.set(shares, [1, batch]);
  return { examples, shares };
}

/** Mean over examples and places of each channel: [1, channels]. */
function channelMean(graph: GraphBuilder, value: string, shape: Shape, shares: string): string {
  const axes = shape.map((_, axis) => axis).slice(2);
  const list = (): string => knownConstant(graph, longs([axes.length], axes));
  const each = axes.length === 0 ? value : appendKnown(graph, 'ReduceMean', [value, list()], { keepdims: int(0) });
  return appendKnown(graph, 'MatMul', [shares, each]);
}

/**
 * next = momentum * old + (1 - momentum) * now; the variance of the running statistics is the unbiased one, n/(n-1) times
 * the batch's, as in PyTorch and unlike ONNX's reference, since PyTorch is what models come from.
 */
function carry(context: FormContext, node: Node, places: number, examples: string, now: readonly string[]): void {
  const { graph, next } = context;
  const momentum = floatOf(node, 'momentum', 0.9);
  const n = graph.op('Mul', [examples, scalar(graph, places)]);
  const less = graph.op('Max', [graph.op('Sub', [n, scalar(graph, 1)]), scalar(graph, 1)]);
  const unbiased = graph.op('Mul', [now[1] ?? '', graph.op('Div', [n, less])]);
  for (const [index, value] of [now[0] ?? '', unbiased].entries()) {
    const old = node.inputs[3 + index] ?? '';
    const carried = next(old);
    if (graph.nodes.some(({ outputs }) => outputs[0] === carried)) {
      throw unsupported(node, 'its running statistics are those of another node too');
    }
    const flat = graph.op('Reshape', [value, graph.constant(longs([1], [-1]))]);
    const kept = graph.op('Mul', [old, scalar(graph, momentum)]);
    graph.op('Add', [kept, graph.op('Mul', [flat, scalar(graph, 1 - momentum)])], {}, carried);
  }
}

/** Where the running statistics are not carried (frozen ones) the node stays in its form for inference. */
export const batchNormalisation: TrainingForm = (node, context) => {
  const { graph, next } = context;
  const [x = '', scale = '', bias = '', mean = '', variance = ''] = node.inputs;
  if (next(mean) === undefined || next(variance) === undefined) return false;
  const shape = graph.shapeOf(x);
  const [batch = 1, channels = 1, ...spatial] = shape;
  const column = [1, channels, ...spatial.map(() => 1)];
  const { examples, shares } = counting(context, batch);
  const mean1 = channelMean(graph, x, shape, shares);
  const centred = appendKnown(graph, 'Sub', [x, reshaped(graph, mean1, column)]);
  const variance1 = channelMean(graph, appendKnown(graph, 'Mul', [centred, centred]), shape, shares);
  const epsilon = scalar(graph, floatOf(node, 'epsilon', 1e-5));
  const deviation = appendKnown(graph, 'Sqrt', [appendKnown(graph, 'Add', [variance1, epsilon])]);
  const factor = appendKnown(graph, 'Div', [reshaped(graph, scale, [1, channels]), deviation]);
  const scaled = appendKnown(graph, 'Mul', [centred, reshaped(graph, factor, column)]);
  appendKnown(graph, 'Add', [scaled, reshaped(graph, bias, column)], {}, node.outputs[0]);
  carry(context, node, sizeOf(spatial), examples, [mean1, variance1]);
  return true;
};
