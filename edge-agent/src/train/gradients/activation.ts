// Activations. Where the gradient is a function of the output, the input need not be kept.
import { floats, int, longs, type GraphBuilder, type Node } from '../graph/index.ts';
import { floatOf, intOf, unsupported } from '../graph/attributes.ts';
import { inputOf, outputOf, unary, type GradientRule } from './rule.ts';

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));
const one = (graph: GraphBuilder): string => scalar(graph, 1);

/** dx = dy where y > 0. A comparison and a Cast go by vectors in the runtime, Sign goes number by number. */
const relu = unary((node, adjoint, { graph }) => {
  const positive = graph.op('Greater', [outputOf(node), scalar(graph, 0)]);
  return graph.op('Mul', [adjoint, graph.op('Cast', [positive], { to: int(1) })]);
});

/** dx = dy * (1 - y^2) */
const tanh = unary((node, adjoint, { graph }) => {
  const y = outputOf(node);
  return graph.op('Mul', [adjoint, graph.op('Sub', [one(graph), graph.op('Mul', [y, y])])]);
});

/** dx = dy * y * (1 - y) */
const sigmoid = unary((node, adjoint, { graph }) => {
  const y = outputOf(node);
  return graph.op('Mul', [adjoint, graph.op('Mul', [y, graph.op('Sub', [one(graph), y])])]);
});

/** Multiplies the adjoint with one of two slopes: that of x > 0, or that of x <= 0. */
function sloped(node: Node, adjoint: string, graph: GraphBuilder, above: string, below: string): string {
  const positive = graph.op('Greater', [inputOf(node, 0), scalar(graph, 0)]);
  return graph.op('Mul', [adjoint, graph.op('Where', [positive, above, below])]);
}

const leakyRelu = unary((node, adjoint, { graph }) =>
  sloped(node, adjoint, graph, scalar(graph, 1), scalar(graph, floatOf(node, 'alpha', 0.01))),
);

/** Below zero y = alpha (e^x - 1), so its slope is y + alpha. */
const elu = unary((node, adjoint, { graph }) => {
  const below = graph.op('Add', [outputOf(node), scalar(graph, floatOf(node, 'alpha', 1))]);
  return sloped(node, adjoint, graph, scalar(graph, 1), below);
});

/** Selu's constants where the node names none (Klambauer et al. 2017, as ONNX rounds them). */
const SELU = { alpha: 1.67326319217681884765625, gamma: 1.05070102214813232421875 };

const selu = unary((node, adjoint, { graph }) => {
  const gamma = floatOf(node, 'gamma', SELU.gamma);
  const below = graph.op('Add', [outputOf(node), scalar(graph, gamma * floatOf(node, 'alpha', SELU.alpha))]);
  return sloped(node, adjoint, graph, scalar(graph, gamma), below);
});

const softplus = unary((node, adjoint, { graph }) =>
  graph.op('Mul', [adjoint, graph.op('Sigmoid', [inputOf(node, 0)])]),
);

/** y = x / (1 + |x|), dx = dy / (1 + |x|)^2 */
const softsign = unary((node, adjoint, { graph }) => {
  const spread = graph.op('Add', [one(graph), graph.op('Abs', [inputOf(node, 0)])]);
  return graph.op('Div', [adjoint, graph.op('Mul', [spread, spread])]);
});

/** Passes the adjoint where a value lies between two bounds, and not on them, as Relu's slope at 0 is 0. */
function within(value: string, adjoint: string, bounds: readonly (string | undefined)[], graph: GraphBuilder): string {
  const tests = bounds.flatMap((bound, index) =>
    bound === undefined ? [] : [graph.op(index === 0 ? 'Greater' : 'Less', [value, bound])],
  );
  const [first, second] = tests;
  if (first === undefined) return adjoint;
  const inside = second === undefined ? first : graph.op('And', [first, second]);
  return graph.op('Mul', [adjoint, graph.op('Cast', [inside], { to: int(1) })]);
}

const hardSigmoid = unary((node, adjoint, { graph }) => {
  const scaled = graph.op('Mul', [adjoint, scalar(graph, floatOf(node, 'alpha', 0.2))]);
  return within(outputOf(node), scaled, [scalar(graph, 0), one(graph)], graph);
});

/** Bounds are constants or at least without gradients: what they are made from is not trained. */
const clip: GradientRule = (node, adjoint, { graph, wants }) => {
  if (wants(1) || wants(2)) throw unsupported(node, 'bounds that are trained');
  const bounds = [1, 2].map((index) => inputOf(node, index) || undefined);
  return [wants(0) ? within(inputOf(node, 0), adjoint, bounds, graph) : undefined];
};

function sumOver(node: Node, value: string, graph: GraphBuilder): string {
  return graph.op('ReduceSum', [value, graph.constant(longs([1], [intOf(node, 'axis', -1)]))], { keepdims: int(1) });
}

/** dx = y * (dy - sum(dy * y)) */
const softmax = unary((node, adjoint, { graph }) => {
  const y = outputOf(node);
  const inner = sumOver(node, graph.op('Mul', [adjoint, y]), graph);
  return graph.op('Mul', [y, graph.op('Sub', [adjoint, inner])]);
});

/** dx = dy - exp(y) * sum(dy) */
const logSoftmax = unary((node, adjoint, { graph }) => {
  const scaled = graph.op('Mul', [graph.op('Exp', [outputOf(node)]), sumOver(node, adjoint, graph)]);
  return graph.op('Sub', [adjoint, scaled]);
});

export const ACTIVATION_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Clip', clip],
  ['Elu', elu],
  ['HardSigmoid', hardSigmoid],
  ['LeakyRelu', leakyRelu],
  ['LogSoftmax', logSoftmax],
  ['Relu', relu],
  ['Selu', selu],
  ['Sigmoid', sigmoid],
  ['Softmax', softmax],
  ['Softplus', softplus],
  ['Softsign', softsign],
  ['Tanh', tanh],
];
