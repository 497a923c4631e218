// What only moves values moves their adjoints back.
import { intOf } from '../graph/attributes.ts';
import { int, ints, longs, type Node } from '../graph/index.ts';
import { axisOf, permutationOf } from '../graph/shapes/geometry.ts';
import { partsOf } from '../graph/shapes/layout.ts';
import { unbroadcast } from './broadcast.ts';
import { inputOf, outputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

const list = (values: readonly number[], { graph }: RuleContext): string =>
  graph.constant(longs([values.length], [...values]));

/** Flatten, Reshape, Squeeze, Unsqueeze: back to the input's shape. */
const reshape = unary((node, adjoint, context) =>
  context.graph.op('Reshape', [adjoint, list(context.shapeOf(inputOf(node, 0)), context)]),
);

const transpose = unary((node, adjoint, { graph, shapeOf }) => {
  const permutation = permutationOf(node, shapeOf(inputOf(node, 0)).length);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return graph.op('Transpose', [adjoint], { perm: ints(inverse) });
});

const expand = unary((node, adjoint, context) => {
  const { shapeOf } = context;
  return unbroadcast(adjoint, shapeOf(outputOf(node)), shapeOf(inputOf(node, 0)), context);
});

const axisIn = (node: Node, { shapeOf }: RuleContext): number =>
  axisOf(node, intOf(node, 'axis', 0), shapeOf(inputOf(node, 0)).length);

const concat: GradientRule = (node, adjoint, context) => {
  const axis = axisIn(node, context);
  const sizes = node.inputs.map((name) => context.shapeOf(name)[axis] ?? 0);
  if (node.inputs.length === 1) return [adjoint];
  return context.graph.outputs('Split', [adjoint, list(sizes, context)], { axis: int(axis) }, sizes.length);
};

const split = unary((node, _adjoint, context) => {
  const axis = axisIn(node, context);
  const parts = partsOf(node, context.shapeOf(inputOf(node, 0))[axis] ?? 0, context);
  return context.graph.op(
    'Concat',
    parts.map((_, index) => context.adjointOf(index)),
    { axis: int(axis) },
  );
});

/** Every copy gives its adjoint: each axis apart into copies and elements, and the copies summed. */
const tile = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  const shape = shapeOf(inputOf(node, 0));
  const result = shapeOf(outputOf(node));
  const apart = shape.flatMap((size, axis) => [size === 0 ? 0 : (result[axis] ?? 0) / size, size]);
  const copies = shape.map((_, axis) => 2 * axis);
  if (copies.length === 0) return adjoint;
  const split = graph.op('Reshape', [adjoint, list(apart, context)], { allowzero: int(1) });
  return graph.op('ReduceSum', [split, list(copies, context)], { keepdims: int(0) });
});

const trilu = unary((node, adjoint, { graph }) =>
  graph.op('Trilu', [adjoint, ...node.inputs.slice(1)], { upper: int(intOf(node, 'upper', 1)) }),
);

export const LAYOUT_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Concat', concat],
  ['Expand', expand],
  ['Flatten', reshape],
  ['Reshape', reshape],
  ['Split', split],
  ['Squeeze', reshape],
  ['Tile', tile],
  ['Transpose', transpose],
  ['Trilu', trilu],
  ['Unsqueeze', reshape],
];
