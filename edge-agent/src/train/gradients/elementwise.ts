// Arithmetic and choices of several values, with broadcasting.
import { floats, int, type GraphBuilder, type Node, type Tensor } from '../graph/index.ts';
import { unbroadcast } from './broadcast.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';

type Side = (adjoint: string, node: Node, context: RuleContext) => string;

/** Builds a rule of what becomes of the adjoint on the way to each input, before it is summed to the input's shape. */
function broadcasting(...sides: readonly (Side | undefined)[]): GradientRule {
  return (node, adjoint, context) =>
    sides.map((side, index) => {
      if (side === undefined || !context.wants(index)) return undefined;
      const full = context.shapeOf(outputOf(node));
      return unbroadcast(side(adjoint, node, context), full, context.shapeOf(inputOf(node, index)), context);
    });
}

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

const pass: Side = (adjoint) => adjoint;

const add = broadcasting(pass, pass);

const sub = broadcasting(pass, (adjoint, _node, { graph }) => graph.op('Neg', [adjoint]));

const mul = broadcasting(
  (adjoint, node, { graph }) => graph.op('Mul', [adjoint, inputOf(node, 1)]),
  (adjoint, node, { graph }) => graph.op('Mul', [adjoint, inputOf(node, 0)]),
);

/** y = a / b: da = dy / b, db = -dy y / b */
const div = broadcasting(
  (adjoint, node, { graph }) => graph.op('Div', [adjoint, inputOf(node, 1)]),
  (adjoint, node, { graph }) => {
    const share = graph.op('Div', [graph.op('Mul', [adjoint, outputOf(node)]), inputOf(node, 1)]);
    return graph.op('Neg', [share]);
  },
);

/** The exponent where it is one known number. */
function exponentOf(tensor: Tensor | undefined): number | undefined {
  return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined;
}

/** d x^p / dx = p x^(p-1); squares and square roots, which norms are made of, without Pow. */
const powBase: Side = (adjoint, node, { graph, constant }) => {
  const [x, p] = [inputOf(node, 0), inputOf(node, 1)];
  const known = exponentOf(constant(1));
  if (known === 2) return graph.op('Mul', [adjoint, graph.op('Mul', [x, scalar(graph, 2)])]);
  if (known === 0) return graph.op('Mul', [adjoint, scalar(graph, 0)]);
  const [factor, less] =
    known === undefined
      ? [p, graph.op('Sub', [p, scalar(graph, 1)])]
      : [scalar(graph, known), scalar(graph, known - 1)];
  return graph.op('Mul', [adjoint, graph.op('Mul', [factor, graph.op('Pow', [x, less])])]);
};

/** d x^p / dp = x^p ln x, and 0 at x = 0, as PyTorch has it for p >= 0. */
const powExponent: Side = (adjoint, node, { graph }) => {
  const x = inputOf(node, 0);
  const zero = graph.op('Equal', [x, scalar(graph, 0)]);
  const log = graph.op('Log', [graph.op('Where', [zero, scalar(graph, 1), x])]);
  return graph.op('Mul', [adjoint, graph.op('Mul', [outputOf(node), log])]);
};

/** An input gets the adjoint where it is the extreme one; equals share it evenly, as PyTorch's maximum and amax have it. */
const extreme: GradientRule = (node, adjoint, context) => {
  const { graph, wants, shapeOf } = context;
  const y = outputOf(node);
  const hits = node.inputs.map((name) => graph.op('Cast', [graph.op('Equal', [name, y])], { to: int(1) }));
  const count = hits.reduce((sum, hit) => graph.op('Add', [sum, hit]));
  const share = graph.op('Div', [adjoint, count]);
  return node.inputs.map((name, index) =>
    wants(index)
      ? unbroadcast(graph.op('Mul', [share, hits[index] ?? '']), shapeOf(y), shapeOf(name), context)
      : undefined,
  );
};

const where = broadcasting(
  undefined,
  (adjoint, node, { graph }) => graph.op('Where', [inputOf(node, 0), adjoint, scalar(graph, 0)]),
  (adjoint, node, { graph }) => graph.op('Where', [inputOf(node, 0), scalar(graph, 0), adjoint]),
);

export const ELEMENTWISE_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Add', add],
  ['Div', div],
  ['Max', extreme],
  ['Min', extreme],
  ['Mul', mul],
  ['Pow', broadcasting(powBase, powExponent)],
  ['Sub', sub],
  ['Where', where],
];
