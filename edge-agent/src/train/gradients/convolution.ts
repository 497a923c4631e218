// Conv and ConvTranspose, of any number of spatial axes, with groups, strides, pads, dilations and a remainder no window reaches.
import { int, ints, longs, type Shape } from '../graph/index.ts';
import { intOf } from '../graph/attributes.ts';
import { remainderOf, transposedWindowOf, windowOf, type Window } from '../graph/window.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';

/** A convolution that takes `input` to `output` space; a ConvTranspose is the same one read from its output to its input. */
interface Convolution {
  readonly window: Window;
  readonly group: number;
  /** Shape of what is convolved, [batch, channels, ...spatial]. */
  readonly shape: Shape;
  readonly remainder: readonly number[];
}

/** dX: the transposed convolution; output_padding restores the remainder that forward left out. */
function inputGradient(weight: string, adjoint: string, context: RuleContext, convolution: Convolution): string {
  const { window, group, remainder } = convolution;
  return context.graph.op('ConvTranspose', [adjoint, weight], {
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints([...window.padsBegin, ...window.padsEnd]),
    output_padding: ints(remainder),
    ...(group === 1 ? {} : { group: int(group) }),
  });
}

/** First two axes exchanged: batch and channels. */
function exchanged(value: string, rank: number, { graph }: RuleContext): string {
  const rest = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
  return graph.op('Transpose', [value], { perm: ints([1, 0, ...rest]) });
}

function reshaped(value: string, shape: Shape, { graph }: RuleContext): string {
  return graph.op('Reshape', [value, graph.constant(longs([shape.length], [...shape]))]);
}

/** [batch, group * depth, ...] as [depth, group * batch, ...]: every group keeps its own batch as channels. */
function regrouped(value: string, shape: Shape, group: number, context: RuleContext): string {
  if (group === 1) return exchanged(value, shape.length, context);
  const [batch = 0, channels = 0, ...spatial] = shape;
  const depth = channels / group;
  if (depth === 1) return reshaped(exchanged(value, shape.length, context), [1, channels * batch, ...spatial], context);
  const split = reshaped(value, [batch, group, depth, ...spatial], context);
  const turned = context.graph.op('Transpose', [split], { perm: ints([2, 1, 0, ...spatial.map((_, i) => i + 3)]) });
  return reshaped(turned, [depth, group * batch, ...spatial], context);
}

/** A list with its last element multiplied. */
function lastTimes(list: readonly number[], factor: number): number[] {
  return list.map((each, index) => (index === list.length - 1 ? each * factor : each));
}

/**
 * dW where each step of the kernel's last axis is the next element: the input's channels are laid out within that axis, so
 * that one convolution whose window steps over them gives the gradients of all. The runtime makes a convolution a matrix
 * product per image; a channel an image, with no more columns than the kernel has elements, took 1.7 times as long.
 */
function interleavedGradient(
  input: string,
  adjoint: string,
  context: RuleContext,
  { window, shape, pads }: Pick<Convolution, 'window' | 'shape'> & { readonly pads: readonly (readonly number[])[] },
): string {
  const { graph } = context;
  const [batch = 0, channels = 0, ...spatial] = shape;
  const [axes, last] = [spatial.map((_, axis) => axis + 2), spatial.length + 1];
  const channelsLast = graph.op('Transpose', [input], { perm: ints([0, ...axes, 1]) });
  const image = reshaped(channelsLast, [1, batch, ...lastTimes(spatial, channels)], context);
  const gradient = graph.op('Conv', [image, exchanged(adjoint, shape.length, context)], {
    dilations: ints(lastTimes(window.strides, channels)),
    pads: ints(pads.flatMap((each) => lastTimes(each, channels))),
    strides: ints(window.dilations),
  });
  const kernels = reshaped(gradient, [-1, ...window.kernel, channels], context);
  return graph.op('Transpose', [kernels], { perm: ints([0, last, ...axes.map((axis) => axis - 1)]) });
}

/**
 * dW: input channels as batch and the batch as channels, convolved with the adjoint as weight; strides and dilations change places.
 * The end padding is what makes the result exactly as large as the kernel: forward's, less the remainder. Where that is
 * negative the input is cropped instead, since Conv takes no negative pads.
 */
function weightGradient(input: string, adjoint: string, context: RuleContext, convolution: Convolution): string {
  const { graph } = context;
  const { window, group, shape, remainder } = convolution;
  const ends = window.padsEnd.map((pad, axis) => pad - (remainder[axis] ?? 0));
  const crops = shape.map((size, axis) => size + Math.min(0, axis < 2 ? 0 : (ends[axis - 2] ?? 0)));
  const kept = cropped(input, shape, crops, context);
  const pads = [window.padsBegin, ends.map((pad) => Math.max(0, pad))];
  if (group === 1 && (shape[1] ?? 0) > 1 && window.dilations.at(-1) === 1)
    return interleavedGradient(kept, adjoint, context, { window, shape: crops, pads });
  const gradient = graph.op(
    'Conv',
    [regrouped(kept, crops, group, context), exchanged(adjoint, shape.length, context)],
    {
      strides: ints(window.dilations),
      dilations: ints(window.strides),
      pads: ints(pads.flat()),
      ...(group === 1 ? {} : { group: int(group) }),
    },
  );
  return exchanged(gradient, shape.length, context);
}

function cropped(value: string, shape: Shape, to: Shape, { graph }: RuleContext): string {
  const axes = shape.flatMap((size, axis) => (size === to[axis] ? [] : [axis]));
  if (axes.length === 0) return value;
  const stops = axes.map((axis) => to[axis] ?? 0);
  const list = (values: number[]): string => graph.constant(longs([values.length], values));
  return graph.op('Slice', [value, list(axes.map(() => 0)), list(stops), list(axes)]);
}

function biasGradient(adjoint: string, rank: number, { graph }: RuleContext): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  return graph.op('ReduceSum', [adjoint, graph.constant(longs([axes.length], axes))], { keepdims: int(0) });
}

const conv: GradientRule = (node, adjoint, context) => {
  const shape = context.shapeOf(inputOf(node, 0));
  const [, , ...kernel] = context.shapeOf(inputOf(node, 1));
  const spatial = shape.slice(2);
  const window = windowOf(node, spatial, kernel);
  const group = intOf(node, 'group', 1);
  const convolution = { window, group, shape, remainder: remainderOf(window, spatial) };
  return [
    context.wants(0) ? inputGradient(inputOf(node, 1), adjoint, context, convolution) : undefined,
    context.wants(1) ? weightGradient(inputOf(node, 0), adjoint, context, convolution) : undefined,
    context.wants(2) ? biasGradient(adjoint, shape.length, context) : undefined,
  ];
};

/**
 * ConvTranspose is the adjoint of a convolution whose weight it shares, so its own adjoint is that convolution, and its
 * weight's gradient is that convolution's with input and adjoint in each other's place.
 */
const convTranspose: GradientRule = (node, adjoint, context) => {
  const shape = context.shapeOf(outputOf(node));
  const [, , ...kernel] = context.shapeOf(inputOf(node, 1));
  const spatial = context.shapeOf(inputOf(node, 0)).slice(2);
  const window = transposedWindowOf(node, spatial, kernel);
  const group = intOf(node, 'group', 1);
  const convolution = { window, group, shape, remainder: remainderOf(window, shape.slice(2)) };
  const back = (): string =>
    context.graph.op('Conv', [adjoint, inputOf(node, 1)], {
      strides: ints(window.strides),
      dilations: ints(window.dilations),
      pads: ints([...window.padsBegin, ...window.padsEnd]),
      ...(group === 1 ? {} : { group: int(group) }),
    });
  return [
    context.wants(0) ? back() : undefined,
    context.wants(1) ? weightGradient(adjoint, inputOf(node, 0), context, convolution) : undefined,
    context.wants(2) ? biasGradient(adjoint, shape.length, context) : undefined,
  ];
};

export const CONVOLUTION_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
];
