// Reductions over axes, which are an attribute in older operator sets and an input in newer ones; ArgMax, ArgMin, CumSum.
import { intOf, intsOf } from '../attributes.ts';
import type { Node, Shape } from '../graph.ts';
import { axesOf, axisOf, integers } from './geometry.ts';
import { same, shaped, typed, type ShapeContext, type ShapeRule } from './rule.ts';

/** Axes of a reduction, counted from the front; all of them by default, unless noop_with_empty_axes says none. */
export function reducedAxes(node: Node, context: Pick<ShapeContext, 'input' | 'constant'>): number[] {
  const shape = context.input(0);
  const given = node.inputs[1] ? integers(node, context.constant(1), 'axes') : (intsOf(node, 'axes') ?? []);
  if (given.length > 0) return axesOf(node, given, shape.length);
  return intOf(node, 'noop_with_empty_axes', 0) !== 0 ? [] : shape.map((_, axis) => axis);
}

/** What is left of a shape: reduced axes become 1 or disappear. */
export function reducedShape(shape: Shape, axes: readonly number[], keep: boolean): number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [size]));
}

const reduce = shaped((node, context) =>
  reducedShape(context.input(0), reducedAxes(node, context), intOf(node, 'keepdims', 1) !== 0),
);

const argument = typed('int64', (node, { input }) => {
  const axis = axisOf(node, intOf(node, 'axis', 0), input(0).length);
  return reducedShape(input(0), [axis], intOf(node, 'keepdims', 1) !== 0);
});

/** Reductions whose axes moved from attribute to input with operator set 18, ReduceSum with 13. */
export const REDUCTIONS: ReadonlySet<string> = new Set(
  ['ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum'], // prettier-ignore
);

export const REDUCTION_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ...[...REDUCTIONS].map((operator) => [operator, reduce] as const),
  ['ArgMax', argument],
  ['ArgMin', argument],
  ['CumSum', same],
];
