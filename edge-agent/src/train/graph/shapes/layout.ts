// What moves values without changing them: Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Expand, Concat, Split, Tile.
import { intOf, intsOf, misshapen } from '../attributes.ts';
import { sizeOf, type Node, type Shape } from '../graph.ts';
import { axesOf, axisOf, broadcast, integers, permutationOf } from './geometry.ts';
import { same, shaped, type ShapeContext, type ShapeRule } from './rule.ts';

const flatten = shaped((node, { input }) => {
  const shape = input(0);
  const axis = intOf(node, 'axis', 1);
  const at = axis === shape.length ? axis : axisOf(node, axis, shape.length);
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
});

/** The shape a Reshape's target stands for: 0 keeps a size, -1 is what is left. */
export function reshapedTo(node: Node, shape: Shape, asked: readonly number[]): number[] {
  const keepZero = intOf(node, 'allowzero', 0) !== 0;
  const target = asked.map((size, axis) => (size === 0 && !keepZero ? (shape[axis] ?? 0) : size));
  const unknown = target.indexOf(-1);
  if (unknown >= 0) target[unknown] = sizeOf(shape) / -sizeOf(target);
  if (target.some((size) => !Number.isInteger(size) || size < 0) || sizeOf(target) !== sizeOf(shape)) {
    throw misshapen(node, `[${shape.join()}] cannot become [${asked.join()}]`);
  }
  return target;
}

const reshape = shaped((node, { input, constant }) =>
  reshapedTo(node, input(0), integers(node, constant(1), 'the target shape')),
);

const transpose = shaped((node, { input }) => permutationOf(node, input(0).length).map((from) => input(0)[from] ?? 0));

/** Axes of a Squeeze or Unsqueeze as they are given, if they are. */
export function givenAxes(node: Node, { constant }: Pick<ShapeContext, 'constant'>): readonly number[] | undefined {
  return node.inputs[1] ? integers(node, constant(1), 'axes') : intsOf(node, 'axes');
}

export function squeezed(node: Node, shape: Shape, given: readonly number[] | undefined): number[] {
  const axes =
    given === undefined ? shape.flatMap((size, axis) => (size === 1 ? [axis] : [])) : axesOf(node, given, shape.length);
  const stuck = axes.find((axis) => shape[axis] !== 1);
  if (stuck !== undefined) throw misshapen(node, `axis ${stuck} of [${shape.join()}] is not 1`);
  return shape.filter((_, axis) => !axes.includes(axis));
}

export function unsqueezed(node: Node, shape: Shape, given: readonly number[] | undefined): number[] {
  const axes = axesOf(node, given ?? [], shape.length + (given?.length ?? 0));
  const rest = [...shape];
  return Array.from({ length: shape.length + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() ?? 1),
  );
}

const concat = shaped((node, { input }) => {
  const shapes = node.inputs.map((_, index) => input(index));
  const [first = []] = shapes;
  const axis = axisOf(node, intOf(node, 'axis', 0), first.length);
  const unlike = shapes.find(
    (shape) => shape.length !== first.length || shape.some((size, at) => at !== axis && size !== first[at]),
  );
  if (unlike !== undefined)
    throw misshapen(node, `[${first.join()}] and [${unlike.join()}] do not join at axis ${axis}`);
  return first.with(
    axis,
    shapes.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0),
  );
});

/** Sizes of the parts: given as input, as attribute before set 13, or equal, the last one smaller (set 18). */
export function partsOf(node: Node, size: number, { constant }: Pick<ShapeContext, 'constant'>): number[] {
  const given = node.inputs[1] ? integers(node, constant(1), 'the split') : intsOf(node, 'split');
  const count = intOf(node, 'num_outputs', node.outputs.length);
  const each = Math.ceil(size / Math.max(1, count));
  const parts = given ?? node.outputs.map((_, index) => (index < count - 1 ? each : size - each * (count - 1)));
  const sum = parts.reduce((total, part) => total + part, 0);
  if (parts.length !== node.outputs.length || parts.some((part) => part < 0) || sum !== size) {
    throw misshapen(node, `its parts [${parts.join()}] are not ${node.outputs.length} of ${size}`);
  }
  return [...parts];
}

const split: ShapeRule = (node, context) => {
  const shape = context.input(0);
  const axis = axisOf(node, intOf(node, 'axis', 0), shape.length);
  const dtype = context.dtype(0);
  return partsOf(node, shape[axis] ?? 0, context).map((part) => ({ dtype, shape: shape.with(axis, part) }));
};

const expand = shaped((node, { input, constant }) => {
  const target = integers(node, constant(1), 'the target shape');
  if (target.some((size) => size < 0)) throw misshapen(node, `[${target.join()}] is no shape`);
  return broadcast(node, input(0), target);
});

const tile = shaped((node, { input, constant }) => {
  const repeats = integers(node, constant(1), 'the repeats');
  if (repeats.length !== input(0).length || repeats.some((each) => each < 0)) {
    throw misshapen(node, `repeats [${repeats.join()}] of [${input(0).join()}]`);
  }
  return input(0).map((size, axis) => size * (repeats[axis] ?? 1));
});

export const LAYOUT_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['Concat', concat],
  ['Expand', expand],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Split', split],
  ['Squeeze', shaped((node, context) => squeezed(node, context.input(0), givenAxes(node, context)))],
  ['Tile', tile],
  ['Transpose', transpose],
  ['Trilu', same],
  ['Unsqueeze', shaped((node, context) => unsqueezed(node, context.input(0), givenAxes(node, context)))],
];
