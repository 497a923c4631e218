// Functions of one value: roots, exponentials, absolute values, the error function, sines.
import { floats, type GraphBuilder, type Node } from '../graph/index.ts';
import { inputOf, outputOf, unary, type GradientRule } from './rule.ts';

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

/** A rule whose adjoint is the output's times a slope. */
function slope(of: (node: Node, graph: GraphBuilder) => string): GradientRule {
  return unary((node, adjoint, { graph }) => graph.op('Mul', [adjoint, of(node, graph)]));
}

const abs = slope((node, graph) => graph.op('Sign', [inputOf(node, 0)]));

const cos = slope((node, graph) => graph.op('Neg', [graph.op('Sin', [inputOf(node, 0)])]));

/** d erf(x) / dx = 2 / sqrt(pi) e^(-x^2) */
const erf = slope((node, graph) => {
  const x = inputOf(node, 0);
  const bell = graph.op('Exp', [graph.op('Neg', [graph.op('Mul', [x, x])])]);
  return graph.op('Mul', [bell, scalar(graph, 2 / Math.sqrt(Math.PI))]);
});

const exp = slope((node) => outputOf(node));

const log = unary((node, adjoint, { graph }) => graph.op('Div', [adjoint, inputOf(node, 0)]));

const neg = unary((_node, adjoint, { graph }) => graph.op('Neg', [adjoint]));

const reciprocal = slope((node, graph) => {
  const y = outputOf(node);
  return graph.op('Neg', [graph.op('Mul', [y, y])]);
});

const sin = slope((node, graph) => graph.op('Cos', [inputOf(node, 0)]));

const sqrt = unary((node, adjoint, { graph }) =>
  graph.op('Div', [graph.op('Mul', [adjoint, scalar(graph, 0.5)]), outputOf(node)]),
);

export const CURVE_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Abs', abs],
  ['Cos', cos],
  ['Erf', erf],
  ['Exp', exp],
  ['Log', log],
  ['Neg', neg],
  ['Reciprocal', reciprocal],
  ['Sin', sin],
  ['Sqrt', sqrt],
];
