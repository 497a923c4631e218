// Sliding windows: Conv, ConvTranspose and the pools.
import { intOf, intsOf, misshapen } from '../attributes.ts';
import { transposedWindowOf, windowOf } from '../window.ts';
import { shaped, type ShapeRule } from './rule.ts';

const conv = shaped((node, { input }) => {
  const [batch, channels, ...spatial] = input(0);
  const [filters, depth, ...kernel] = input(1);
  if (batch === undefined || channels === undefined || filters === undefined || depth === undefined) {
    throw misshapen(node, 'input and weight need batch and channels');
  }
  if (channels !== depth * intOf(node, 'group', 1)) throw misshapen(node, `${channels} channels, weight for ${depth}`);
  return [batch, filters, ...windowOf(node, spatial, kernel).output];
});

const convTranspose = shaped((node, { input }) => {
  const [batch, channels, ...spatial] = input(0);
  const [depth, filters, ...kernel] = input(1);
  if (batch === undefined || channels === undefined || filters === undefined || depth === undefined) {
    throw misshapen(node, 'input and weight need batch and channels');
  }
  if (channels !== depth) throw misshapen(node, `${channels} channels, weight for ${depth}`);
  return [batch, filters * intOf(node, 'group', 1), ...transposedWindowOf(node, spatial, kernel).whole];
});

const overall = shaped((_node, { input }) => input(0).map((size, axis) => (axis < 2 ? size : 1)));

const averagePool = shaped((node, { input }) => {
  const [batch = 0, channels = 0, ...spatial] = input(0);
  return [batch, channels, ...windowOf(node, spatial, intsOf(node, 'kernel_shape') ?? []).output];
});

/** Its second output, where asked for, are the positions of the maxima. */
const maxPool: ShapeRule = (node, context) =>
  averagePool(node, context).flatMap((type) => [type, { ...type, dtype: 'int64' as const }]);

export const WINDOWED_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['AveragePool', averagePool],
  ['Conv', conv],
  ['ConvTranspose', convTranspose],
  ['GlobalAveragePool', overall],
  ['GlobalMaxPool', overall],
  ['MaxPool', maxPool],
];
