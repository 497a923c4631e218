// MaxPool and GlobalMaxPool: the adjoint goes back to where each maximum was taken from.
import { ints, longs, sizeOf, type Node, type Shape } from '../graph/index.ts';
import { intsOf, unsupported } from '../graph/attributes.ts';
import { remainderOf, windowOf, type Window } from '../graph/window.ts';
import { inputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

/** Whether no input position is in two windows, and none reaches beyond the pads: then MaxUnpool puts the adjoints back. */
function isDisjoint(window: Window, spatial: readonly number[]): boolean {
  const remainder = remainderOf(window, spatial);
  return window.kernel.every((size, axis) => size <= (window.strides[axis] ?? 1) && (remainder[axis] ?? 0) >= 0);
}

/** Positions count through the whole tensor; one that won in several windows is given the sum of their adjoints. */
function scattered(adjoint: string, positions: string, shape: Shape, { graph }: RuleContext): string {
  const flat = graph.constant(longs([1], [-1]));
  const zeros = graph.op('ConstantOfShape', [graph.constant(longs([1], [sizeOf(shape)]))]);
  const sum = graph.op(
    'ScatterElements',
    [zeros, graph.op('Reshape', [positions, flat]), graph.op('Reshape', [adjoint, flat])],
    { reduction: { kind: 'string', value: 'add' } },
  );
  return graph.op('Reshape', [sum, graph.constant(longs([shape.length], [...shape]))]);
}

/** The forward node is asked for the positions it took its maxima from. */
const maxPool = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  if (node.attributes['storage_order']?.value === 1) throw unsupported(node, 'storage_order 1');
  const shape = shapeOf(inputOf(node, 0));
  const window = windowOf(node, shape.slice(2), intsOf(node, 'kernel_shape') ?? []);
  // The runtime's positions are not those of its maxima then (measured with 1.30).
  if (window.dilations.some((each) => each !== 1)) throw unsupported(node, 'dilations cannot be trained');
  const positions = node.outputs[1] ?? graph.addOutput(node);
  if (!isDisjoint(window, shape.slice(2))) return scattered(adjoint, positions, shape, context);
  return graph.op('MaxUnpool', [adjoint, positions, graph.constant(longs([shape.length], shape))], {
    kernel_shape: ints(window.kernel),
    strides: ints(window.strides),
    pads: ints([...window.padsBegin, ...window.padsEnd]),
  });
});

/** GlobalMaxPool tells no positions, a MaxPool over everything does: it takes the forward node's place. */
const globalMaxPool = unary((node, adjoint, context) => {
  const shape = context.shapeOf(inputOf(node, 0));
  const whole: Node = { ...node, operator: 'MaxPool', attributes: { kernel_shape: ints(shape.slice(2)) } };
  context.graph.replace(node, whole);
  return scattered(adjoint, context.graph.addOutput(whole), shape, context);
});

export const MAX_POOLING_RULES: readonly (readonly [string, GradientRule])[] = [
  ['GlobalMaxPool', globalMaxPool],
  ['MaxPool', maxPool],
];
