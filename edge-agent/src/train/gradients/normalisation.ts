// LayerNormalization, InstanceNormalization, GroupNormalization: (x - mean) / sqrt(variance + epsilon) over some axes of each
// example, times scale, plus bias. BatchNormalization is here with running statistics; with a batch's own it is a form of
// training (forms/batch-normalisation.ts).
import { floats, int, longs, type Node, type Shape } from '../graph/index.ts';
import { floatOf, intOf } from '../graph/attributes.ts';
import { axisOf } from '../graph/shapes/geometry.ts';
import { unbroadcast } from './broadcast.ts';
import { inputOf, type GradientRule, type RuleContext } from './rule.ts';

/** What forward normalised: values of mean 0 and variance 1, and what they were divided by. */
interface Normalised {
  readonly unit: string;
  /** 1 / sqrt(variance + epsilon) */
  readonly inverse: string;
}

function reshaped(value: string, shape: Shape, { graph }: RuleContext): string {
  return graph.op('Reshape', [value, graph.constant(longs([shape.length], [...shape]))]);
}

function meanOver(value: string, axes: readonly number[], { graph }: RuleContext): string {
  return graph.op('ReduceMean', [value, graph.constant(longs([axes.length], [...axes]))], { keepdims: int(1) });
}

function normalised(value: string, axes: readonly number[], epsilon: number, context: RuleContext): Normalised {
  const { graph } = context;
  const centred = graph.op('Sub', [value, meanOver(value, axes, context)]);
  const variance = meanOver(graph.op('Mul', [centred, centred]), axes, context);
  const root = graph.op('Sqrt', [graph.op('Add', [variance, graph.constant(floats([], [epsilon]))])]);
  const inverse = graph.op('Reciprocal', [root]);
  return { unit: graph.op('Mul', [centred, inverse]), inverse };
}

/** dx = (g - mean(g) - unit * mean(g * unit)) / sqrt(variance + epsilon), g the adjoint of `unit`. */
function inputGradient(
  g: string,
  { unit, inverse }: Normalised,
  axes: readonly number[],
  context: RuleContext,
): string {
  const { graph } = context;
  const along = graph.op('Mul', [unit, meanOver(graph.op('Mul', [g, unit]), axes, context)]);
  const across = graph.op('Sub', [graph.op('Sub', [g, meanOver(g, axes, context)]), along]);
  return graph.op('Mul', [across, inverse]);
}

const layerNormalization: GradientRule = (node, adjoint, context) => {
  const { graph, shapeOf, wants } = context;
  const shape = shapeOf(inputOf(node, 0));
  const first = axisOf(node, intOf(node, 'axis', -1), shape.length);
  const axes = shape.map((_, axis) => axis).slice(first);
  const state = normalised(inputOf(node, 0), axes, floatOf(node, 'epsilon', 1e-5), context);
  const back = (value: string, index: number): string =>
    unbroadcast(value, shape, shapeOf(inputOf(node, index)), context);
  return [
    wants(0) ? inputGradient(graph.op('Mul', [adjoint, inputOf(node, 1)]), state, axes, context) : undefined,
    wants(1) ? back(graph.op('Mul', [adjoint, state.unit]), 1) : undefined,
    wants(2) ? back(adjoint, 2) : undefined,
  ];
};

/**
 * Normalisation of each of `groups` equal parts of the channels; scale and bias belong to channels or to groups.
 * InstanceNormalization is that of groups of one channel.
 */
function grouped(node: Node, groups: number, adjoint: string, context: RuleContext): (string | undefined)[] {
  const { graph, shapeOf, wants } = context;
  const shape = shapeOf(inputOf(node, 0));
  const [batch = 0, channels = 0, ...spatial] = shape;
  // [batch, groups, channels of a group, ...spatial]: what belongs to a channel or a group is one broadcast away
  const split = [batch, groups, channels / groups, ...spatial];
  const axes = split.map((_, axis) => axis).slice(2);
  const scaleSize = shapeOf(inputOf(node, 1))[0] ?? 0;
  const column = [groups, scaleSize / groups, ...spatial.map(() => 1)];
  const given = reshaped(adjoint, split, context);
  const state = normalised(reshaped(inputOf(node, 0), split, context), axes, floatOf(node, 'epsilon', 1e-5), context);
  const back = (value: string): string => reshaped(unbroadcast(value, split, column, context), [scaleSize], context);
  const inner = (): string => graph.op('Mul', [given, reshaped(inputOf(node, 1), column, context)]);
  return [
    wants(0) ? reshaped(inputGradient(inner(), state, axes, context), shape, context) : undefined,
    wants(1) ? back(graph.op('Mul', [given, state.unit])) : undefined,
    wants(2) ? back(given) : undefined,
  ];
}

const instanceNormalization: GradientRule = (node, adjoint, context) =>
  grouped(node, context.shapeOf(inputOf(node, 0))[1] ?? 1, adjoint, context);

const groupNormalization: GradientRule = (node, adjoint, context) =>
  grouped(node, intOf(node, 'num_groups', 1), adjoint, context);

/** With running statistics, which do not change: a scale and a shift of each channel. */
const batchNormalization: GradientRule = (node, adjoint, context) => {
  const { graph, shapeOf, wants } = context;
  const shape = shapeOf(inputOf(node, 0));
  const column = shape.slice(1).map((size, axis) => (axis === 0 ? size : 1));
  const channels = column.slice(0, 1);
  const turned = (index: number): string => reshaped(inputOf(node, index), column, context);
  const epsilon = graph.constant(floats([], [floatOf(node, 'epsilon', 1e-5)]));
  const deviation = graph.op('Sqrt', [graph.op('Add', [turned(4), epsilon])]);
  const unit = (): string => graph.op('Div', [graph.op('Sub', [inputOf(node, 0), turned(3)]), deviation]);
  const back = (value: string): string => reshaped(unbroadcast(value, shape, column, context), channels, context);
  return [
    wants(0) ? graph.op('Mul', [adjoint, graph.op('Div', [turned(1), deviation])]) : undefined,
    wants(1) ? back(graph.op('Mul', [adjoint, unit()])) : undefined,
    wants(2) ? back(adjoint) : undefined,
  ];
};

export const NORMALISATION_RULES: readonly (readonly [string, GradientRule])[] = [
  ['BatchNormalization', batchNormalization],
  ['GroupNormalization', groupNormalization],
  ['InstanceNormalization', instanceNormalization],
  ['LayerNormalization', layerNormalization],
];
