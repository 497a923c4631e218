// What picks or places by position: Gather, GatherElements, Slice, Pad; and what makes values of a shape.
import { attributeTensor, intOf, misshapen, stringOf, unsupported } from '../attributes.ts';
import type { Node, Shape } from '../graph.ts';
import { axesOf, axisOf, integers } from './geometry.ts';
import { shaped, type ShapeContext, type ShapeRule } from './rule.ts';

const gather = shaped((node, { input }) => {
  const shape = input(0);
  const axis = axisOf(node, intOf(node, 'axis', 0), shape.length);
  return [...shape.slice(0, axis), ...input(1), ...shape.slice(axis + 1)];
});

const gatherElements = shaped((node, { input }) => {
  axisOf(node, intOf(node, 'axis', 0), input(0).length);
  if (input(0).length !== input(1).length)
    throw misshapen(node, `indices [${input(1).join()}] of [${input(0).join()}]`);
  return input(1);
});

/** A Slice along one axis, with ONNX's clamping done: `size` elements from `start`, `step` apart. */
export interface AxisSlice {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly size: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

function axisSlice(axis: number, size: number, [start, end, step]: readonly [number, number, number]): AxisSlice {
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const [first, last] =
    step > 0 ? [clamp(from, 0, size), clamp(to, 0, size)] : [clamp(from, 0, size - 1), clamp(to, -1, size - 1)];
  return { axis, start: first, step, size: Math.max(0, Math.ceil((last - first) / step)) };
}

/** What a Slice node takes, for each axis it names. */
export function slicesOf(node: Node, shape: Shape, { constant }: Pick<ShapeContext, 'constant'>): AxisSlice[] {
  const starts = integers(node, constant(1), 'starts');
  const ends = integers(node, constant(2), 'ends');
  const named = node.inputs[3] ? integers(node, constant(3), 'axes') : starts.map((_, axis) => axis);
  const steps = node.inputs[4] ? integers(node, constant(4), 'steps') : starts.map(() => 1);
  const axes = axesOf(node, named, shape.length);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw misshapen(node, 'its starts, ends, axes and steps are not as many');
  }
  if (steps.includes(0)) throw misshapen(node, 'a step is 0');
  return axes.map((axis, i) => axisSlice(axis, shape[axis] ?? 0, [starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1]));
}

const slice = shaped((node, context) =>
  slicesOf(node, context.input(0), context).reduce<Shape>(
    (shape, { axis, size }) => shape.with(axis, size),
    context.input(0),
  ),
);

/** Elements added before and after each axis; negative ones are taken away. */
export function padsOf(
  node: Node,
  shape: Shape,
  { constant }: Pick<ShapeContext, 'constant'>,
): readonly (readonly [number, number])[] {
  const mode = stringOf(node, 'mode', 'constant');
  if (mode !== 'constant') throw unsupported(node, `mode ${mode}`);
  const given = integers(node, constant(1), 'pads');
  const named = node.inputs[3] ? integers(node, constant(3), 'axes') : shape.map((_, axis) => axis);
  const axes = axesOf(node, named, shape.length);
  if (given.length !== 2 * axes.length) throw misshapen(node, `${given.length} pads for ${axes.length} axes`);
  return shape.map((_, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 0] : [given[at] ?? 0, given[at + axes.length] ?? 0];
  });
}

const pad = shaped((node, context) => {
  const shape = context.input(0);
  const padded = padsOf(node, shape, context).map(([before, after], axis) => before + (shape[axis] ?? 0) + after);
  if (padded.some((size) => size < 0)) throw misshapen(node, `its pads take away more than [${shape.join()}] has`);
  return padded;
});

const constantOfShape: ShapeRule = (node, { constant }) => {
  const shape = integers(node, constant(0), 'the shape');
  if (shape.some((size) => size < 0)) throw misshapen(node, `[${shape.join()}] is no shape`);
  return [{ dtype: attributeTensor(node, 'value')?.dtype ?? 'float32', shape }];
};

const oneHot: ShapeRule = (node, { input, dtype, constant }) => {
  const depth = integers(node, constant(1), 'the depth')[0] ?? 0;
  const axis = intOf(node, 'axis', -1);
  const at = axis < 0 ? axis + input(0).length + 1 : axis;
  if (depth < 1 || at < 0 || at > input(0).length) throw misshapen(node, `depth ${depth} at axis ${axis}`);
  return [{ dtype: dtype(2), shape: input(0).toSpliced(at, 0, depth) }];
};

export const INDEXING_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['ConstantOfShape', constantOfShape],
  ['Gather', gather],
  ['GatherElements', gatherElements],
  ['OneHot', oneHot],
  ['Pad', pad],
  ['Slice', slice],
];
