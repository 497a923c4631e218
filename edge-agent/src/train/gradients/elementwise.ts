// Add, Sub, Mul, with broadcasting.
import { unbroadcast } from './broadcast.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';
import type { Node } from '../graph/index.ts';

/** Builds a binary rule of what multiplies the adjoint on either side. */
function binary(
  left: (adjoint: string, node: Node, context: RuleContext) => string,
  right: (adjoint: string, node: Node, context: RuleContext) => string,
): GradientRule {
  return (node, adjoint, context) =>
    [left, right].map((side, index) => {
      if (!context.wants(index)) return undefined;
      const full = context.shapeOf(outputOf(node));
      return unbroadcast(side(adjoint, node, context), full, context.shapeOf(inputOf(node, index)), context);
    });
}

const pass = (adjoint: string): string => adjoint;

const add = binary(pass, pass);

const sub = binary(pass, (adjoint, _node, { graph }) => graph.op('Neg', [adjoint]));

const mul = binary(
  (adjoint, node, { graph }) => graph.op('Mul', [adjoint, inputOf(node, 1)]),
  (adjoint, node, { graph }) => graph.op('Mul', [adjoint, inputOf(node, 0)]),
);

export const ELEMENTWISE_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Add', add],
  ['Mul', mul],
  ['Sub', sub],
];
