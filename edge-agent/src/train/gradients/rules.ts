// The table of reverse-mode rules: operator -> rule. A family is a file here, with its table, and a line below.
import { ACTIVATION_RULES } from './activation.ts';
import { CONVOLUTION_RULES } from './convolution.ts';
import { CURVE_RULES } from './curve.ts';
import { ELEMENTWISE_RULES } from './elementwise.ts';
import { INDEXING_RULES } from './indexing.ts';
import { gru } from './gru.ts';
import { LAYOUT_RULES } from './layout.ts';
import { LINEAR_RULES } from './linear.ts';
import { lstm } from './lstm.ts';
import { MAX_POOLING_RULES } from './max-pooling.ts';
import { NORMALISATION_RULES } from './normalisation.ts';
import { POOLING_RULES } from './pooling.ts';
import { REDUCTION_RULES } from './reduction.ts';
import { RESIZE_RULES } from './resize.ts';
import type { GradientRule } from './rule.ts';

export const GRADIENT_RULES: ReadonlyMap<string, GradientRule> = new Map([
  ...ACTIVATION_RULES,
  ...CONVOLUTION_RULES,
  ...CURVE_RULES,
  ...ELEMENTWISE_RULES,
  ...INDEXING_RULES,
  ...LAYOUT_RULES,
  ...LINEAR_RULES,
  ...MAX_POOLING_RULES,
  ...NORMALISATION_RULES,
  ...POOLING_RULES,
  ...REDUCTION_RULES,
  ...RESIZE_RULES,
  ['GRU', gru],
  ['LSTM', lstm],
]);
