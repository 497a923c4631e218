// Normalisations and Dropout: the shape stays, further outputs are statistics.
import { intOf, misshapen } from '../attributes.ts';
import type { Node, Shape } from '../graph.ts';
import { axisOf } from './geometry.ts';
import { same, type ShapeContext, type ShapeRule } from './rule.ts';

/** Scale, bias and the like: one value a channel. */
function checkChannels(
  node: Node,
  { input }: ShapeContext,
  indices: readonly number[],
  sizes: readonly number[],
): void {
  for (const index of indices) {
    const shape = input(index);
    if (shape.length !== 1 || !sizes.includes(shape[0] ?? 0)) {
      throw misshapen(node, `its input ${index} has shape [${shape.join()}], not [${sizes.join('] or [')}]`);
    }
  }
}

function channelsOf(node: Node, shape: Shape, rank: number): number {
  if (shape.length >= rank && shape[1] !== undefined) return shape[1];
  throw misshapen(node, `it is applied to [${shape.join()}], which has no channels`);
}

/** Its second and third outputs are running statistics; they exist in the form exported for training only. */
const batch: ShapeRule = (node, context) => {
  const channels = channelsOf(node, context.input(0), 2);
  checkChannels(node, context, [1, 2, 3, 4], [channels]);
  const statistics = { dtype: 'float32' as const, shape: [channels] };
  return [...same(node, context), statistics, statistics];
};

const instance: ShapeRule = (node, context) => {
  checkChannels(node, context, [1, 2], [channelsOf(node, context.input(0), 3)]);
  return same(node, context);
};

/** Scale and bias belong to groups in operator set 18, to channels since 21. */
const group: ShapeRule = (node, context) => {
  const channels = channelsOf(node, context.input(0), 3);
  const groups = intOf(node, 'num_groups', 0);
  if (groups < 1 || channels % groups !== 0)
    throw misshapen(node, `${channels} channels are not ${groups} equal groups`);
  checkChannels(node, context, [1, 2], [groups, channels]);
  return same(node, context);
};

const layer: ShapeRule = (node, context) => {
  const shape = context.input(0);
  const first = axisOf(node, intOf(node, 'axis', -1), shape.length);
  for (const index of node.inputs[2] ? [1, 2] : [1]) {
    const given = context.input(index);
    const against = shape.slice(shape.length - given.length);
    const fits = given.length <= shape.length && given.every((size, axis) => size === 1 || size === against[axis]);
    if (!fits)
      throw misshapen(node, `its input ${index} has shape [${given.join()}], not [${shape.slice(first).join()}]`);
  }
  const statistics = { dtype: 'float32' as const, shape: shape.map((size, axis) => (axis < first ? size : 1)) };
  return [...same(node, context), statistics, statistics];
};

export const NORMALISATION_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['BatchNormalization', batch],
  ['Dropout', same],
  ['GroupNormalization', group],
  ['InstanceNormalization', instance],
  ['LayerNormalization', layer],
];
