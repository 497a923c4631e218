// Resize: output sizes from scales or sizes known before the graph runs.
import { resizeOf } from '../interpolation.ts';
import { shaped, type ShapeRule } from './rule.ts';

export const RESIZE_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['Resize', shaped((node, { input, constant }) => resizeOf(node, input(0), constant).output)],
];
