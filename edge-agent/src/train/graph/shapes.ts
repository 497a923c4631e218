// Type inference, a table: operator -> element type and shape of each output. A family is a file in shapes/ and a line here.
import { ELEMENTWISE_SHAPES } from './shapes/elementwise.ts';
import { INDEXING_SHAPES } from './shapes/indexing.ts';
import { LAYOUT_SHAPES } from './shapes/layout.ts';
import { LINEAR_SHAPES } from './shapes/linear.ts';
import { NORMALISATION_SHAPES } from './shapes/normalisation.ts';
import { RECURRENT_SHAPES } from './shapes/recurrent.ts';
import { REDUCTION_SHAPES } from './shapes/reduction.ts';
import { RESIZE_SHAPES } from './shapes/resize.ts';
import type { ShapeRule } from './shapes/rule.ts';
import { WINDOWED_SHAPES } from './shapes/windowed.ts';

/** Operator -> rule. What is in neither this table nor that of expansions is refused with its name. */
export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map([
  ...ELEMENTWISE_SHAPES,
  ...INDEXING_SHAPES,
  ...LAYOUT_SHAPES,
  ...LINEAR_SHAPES,
  ...NORMALISATION_SHAPES,
  ...RECURRENT_SHAPES,
  ...REDUCTION_SHAPES,
  ...RESIZE_SHAPES,
  ...WINDOWED_SHAPES,
]);
