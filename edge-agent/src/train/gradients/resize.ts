// Resize by nearest or linear interpolation. Either is a matrix along each axis, so the adjoint is its transpose: exact.
import { floats, longs, sizeOf } from '../graph/index.ts';
import { interpolationOf, resizeOf } from '../graph/interpolation.ts';
import { inputOf, outputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

function reshaped(value: string, shape: readonly number[], { graph }: RuleContext): string {
  return graph.op('Reshape', [value, graph.constant(longs([shape.length], [...shape]))]);
}

const resize = unary((node, adjoint, context) => {
  const { graph, shapeOf, constant } = context;
  const shape = shapeOf(inputOf(node, 0));
  const current = [...shapeOf(outputOf(node))];
  const { scales } = resizeOf(node, shape, constant);
  let value = adjoint;
  // From the last axis to the first: each product then works on what is already reduced.
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const [from = 1, to = 1] = [shape[axis], current[axis]];
    const scale = scales[axis] ?? 1;
    if (from === to && scale === 1) continue;
    // [from, to]: the transpose of what takes the input's axis to the output's
    const matrix = graph.constant(floats([from, to], interpolationOf(node, { from, to, scale })));
    const folded = [sizeOf(current.slice(0, axis)), to, sizeOf(current.slice(axis + 1))];
    value = graph.op('MatMul', [matrix, reshaped(value, folded, context)]);
    current[axis] = from;
  }
  return reshaped(value, shape, context);
});

export const RESIZE_RULES: readonly (readonly [string, GradientRule])[] = [['Resize', resize]];
