// Relu, Tanh, Sigmoid, Softmax, LogSoftmax: each gradient is a function of the output, so the input need not be kept.
import { floats, int, longs, type GraphBuilder, type Node } from '../graph/index.ts';
import { intOf } from '../graph/attributes.ts';
import { outputOf, unary, type GradientRule } from './rule.ts';

const one = (graph: GraphBuilder): string => graph.constant(floats([], [1]));

/** dx = dy * sign(y): y is never negative, so the sign is the mask, without a boolean tensor. */
const relu = unary((node, adjoint, { graph }) => graph.op('Mul', [adjoint, graph.op('Sign', [outputOf(node)])]));

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
  ['LogSoftmax', logSoftmax],
  ['Relu', relu],
  ['Sigmoid', sigmoid],
  ['Softmax', softmax],
  ['Tanh', tanh],
];
