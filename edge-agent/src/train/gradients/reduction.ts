// Reductions: what was brought together is spread again.
import { floats, longs, sizeOf, type Node, type Shape } from '../graph/index.ts';
import { reducedAxes } from '../graph/shapes/reduction.ts';
import { inputOf, outputOf, unary, type RuleContext, type GradientRule } from './rule.ts';

/** The adjoint of a mean over axes: an equal share for each element. */
export function spreadMean(
  node: Node,
  adjoint: string,
  axes: readonly number[],
  { graph, shapeOf }: RuleContext,
): string {
  const shape = shapeOf(inputOf(node, 0));
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const share = graph.constant(floats([], [1 / sizeOf(axes.map((axis) => shape[axis] ?? 1))]));
  const list = (values: readonly number[]): string => graph.constant(longs([values.length], [...values]));
  const scaled = graph.op('Mul', [adjoint, share]);
  const same = shapeOf(outputOf(node)).length === shape.length;
  return graph.op('Expand', [same ? scaled : graph.op('Reshape', [scaled, list(kept)]), list(shape)]);
}

const reduceMean = unary((node, adjoint, context) => {
  const input = (index: number): Shape => context.shapeOf(inputOf(node, index));
  return spreadMean(node, adjoint, reducedAxes(node, { input, constant: context.constant }), context);
});

export const REDUCTION_RULES: readonly (readonly [string, GradientRule])[] = [['ReduceMean', reduceMean]];
