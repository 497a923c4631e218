// Conv, of any number of spatial axes, with strides, pads, dilations and a remainder that no window reaches.
import { int, ints, longs, type Node } from '../graph/index.ts';
import { intOf, unsupported } from '../graph/attributes.ts';
import type { Shape } from '../graph/index.ts';
import { remainderOf, windowOf, type Window } from '../graph/window.ts';
import { inputOf, type GradientRule, type RuleContext } from './rule.ts';

/** dX: the transposed convolution; output_padding restores the remainder that forward left out. */
function inputGradient(node: Node, adjoint: string, context: RuleContext, window: Window, remainder: number[]): string {
  return context.graph.op('ConvTranspose', [adjoint, inputOf(node, 1)], {
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    pads: ints([...window.padsBegin, ...window.padsEnd]),
    output_padding: ints(remainder),
  });
}

/** First two axes exchanged: batch and channels. */
function exchanged(value: string, rank: number, { graph }: RuleContext): string {
  const rest = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
  return graph.op('Transpose', [value], { perm: ints([1, 0, ...rest]) });
}

/**
 * dW: input channels as batch and the batch as channels, convolved with the adjoint as weight; strides and dilations change places.
 * The end padding is what makes the result exactly as large as the kernel: forward's, less the remainder. Where that is
 * negative the input is cropped instead, since Conv takes no negative pads.
 */
function weightGradient(
  node: Node,
  adjoint: string,
  context: RuleContext,
  window: Window,
  remainder: number[],
): string {
  const { graph, shapeOf } = context;
  const shape = shapeOf(inputOf(node, 0));
  const ends = window.padsEnd.map((pad, axis) => pad - (remainder[axis] ?? 0));
  const input = cropped(inputOf(node, 0), shape, ends, context);
  const gradient = graph.op(
    'Conv',
    [exchanged(input, shape.length, context), exchanged(adjoint, shape.length, context)],
    {
      strides: ints(window.dilations),
      dilations: ints(window.strides),
      pads: ints([...window.padsBegin, ...ends.map((pad) => Math.max(0, pad))]),
    },
  );
  return exchanged(gradient, shape.length, context);
}

function cropped(value: string, shape: Shape, ends: readonly number[], { graph }: RuleContext): string {
  const axes = ends.flatMap((pad, axis) => (pad < 0 ? [axis] : []));
  if (axes.length === 0) return value;
  const stops = axes.map((axis) => (shape[axis + 2] ?? 0) + (ends[axis] ?? 0));
  const list = (values: number[]): string => graph.constant(longs([values.length], values));
  return graph.op('Slice', [value, list(axes.map(() => 0)), list(stops), list(axes.map((axis) => axis + 2))]);
}

function biasGradient(adjoint: string, rank: number, { graph }: RuleContext): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1);
  return graph.op('ReduceSum', [adjoint, graph.constant(longs([axes.length], axes))], { keepdims: int(0) });
}

const conv: GradientRule = (node, adjoint, context) => {
  if (intOf(node, 'group', 1) !== 1) throw unsupported(node, 'grouped convolution cannot be trained yet');
  const shape = context.shapeOf(inputOf(node, 0));
  const spatial = shape.slice(2);
  const window = windowOf(node, spatial, context.shapeOf(inputOf(node, 1)).slice(2));
  const remainder = remainderOf(window, spatial);
  return [
    context.wants(0) ? inputGradient(node, adjoint, context, window, remainder) : undefined,
    context.wants(1) ? weightGradient(node, adjoint, context, window, remainder) : undefined,
    context.wants(2) ? biasGradient(adjoint, shape.length, context) : undefined,
  ];
};

export const CONVOLUTION_RULES: readonly (readonly [string, GradientRule])[] = [['Conv', conv]];
