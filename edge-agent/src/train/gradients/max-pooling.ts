// MaxPool and GlobalMaxPool: the adjoint goes back to where each maximum was taken from.
import { floats, int, ints, longs, sizeOf, type Attribute, type Node, type Shape } from '../graph/index.ts';
import { intsOf, unsupported } from '../graph/attributes.ts';
import { remainderOf, windowOf, type Window } from '../graph/window.ts';
import { inputOf, outputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

const text = (value: string): Attribute => ({ kind: 'string', value });

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

/** Whether the windows are tiles that cover images without a rest. */
function isTiling({ kernel, strides, padsBegin, padsEnd }: Window, spatial: readonly number[]): boolean {
  return (
    spatial.length === 2 &&
    kernel.every((size, axis) => size === strides[axis] && (spatial[axis] ?? 0) % size === 0) &&
    [...padsBegin, ...padsEnd].every((pad) => pad === 0)
  );
}

/** Each tile's value at all of its places. */
function spread(value: string, { kernel }: Window, { graph }: RuleContext): string {
  return graph.op('Resize', [value, '', graph.constant(floats([4], [1, 1, ...kernel]))], {
    mode: text('nearest'),
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text('floor'),
  });
}

/**
 * Tiles: a place is its tile's maximum where it equals it, and of equals the first, as the runtime's positions have it. Passes
 * over all places go by vectors; a pool that tells positions goes number by number and took longer than all of them.
 */
function tiled(node: Node, adjoint: string, window: Window, context: RuleContext): string {
  const { graph } = context;
  const [height = 0, width = 0] = context.shapeOf(inputOf(node, 0)).slice(2);
  const [rows = 1, columns = 1] = window.kernel;
  const equals = graph.op('Equal', [inputOf(node, 0), spread(outputOf(node), window, context)]);
  // within a tile the first place has the highest rank
  const ranks = Array.from({ length: height * width }, (_, place) => {
    const [row, column] = [Math.floor(place / width) % rows, (place % width) % columns];
    return rows * columns - (row * columns + column);
  });
  const ranked = graph.op('Mul', [
    graph.op('Cast', [equals], { to: int(1) }),
    graph.constant(floats([1, 1, height, width], ranks)),
  ]);
  const highest = graph.op('MaxPool', [ranked], { kernel_shape: ints(window.kernel), strides: ints(window.strides) });
  const first = graph.op('Equal', [ranked, spread(highest, window, context)]);
  return graph.op('Mul', [graph.op('Cast', [first], { to: int(1) }), spread(adjoint, window, context)]);
}

/** Where windows are no tiles, the forward node is asked for the positions it took its maxima from. */
const maxPool = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  if (node.attributes['storage_order']?.value === 1) throw unsupported(node, 'storage_order 1');
  const shape = shapeOf(inputOf(node, 0));
  const window = windowOf(node, shape.slice(2), intsOf(node, 'kernel_shape') ?? []);
  // The runtime's positions are not those of its maxima then (measured with 1.30).
  if (window.dilations.some((each) => each !== 1)) throw unsupported(node, 'dilations cannot be trained');
  if (isTiling(window, shape.slice(2))) return tiled(node, adjoint, window, context);
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
