// Flatten, Reshape, Transpose: what only moves values moves their adjoints back.
import { ints, longs } from '../graph/index.ts';
import { permutationOf } from '../graph/shapes/geometry.ts';
import { inputOf, unary, type GradientRule } from './rule.ts';

const reshape = unary((node, adjoint, { graph, shapeOf }) => {
  const shape = shapeOf(inputOf(node, 0));
  return graph.op('Reshape', [adjoint, graph.constant(longs([shape.length], [...shape]))]);
});

const transpose = unary((node, adjoint, { graph, shapeOf }) => {
  const permutation = permutationOf(node, shapeOf(inputOf(node, 0)).length);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  return graph.op('Transpose', [adjoint], { perm: ints(inverse) });
});

export const LAYOUT_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Flatten', reshape],
  ['Reshape', reshape],
  ['Transpose', transpose],
];
