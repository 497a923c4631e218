// All cases of gradient checks: a family is a file here and a line below.
import { ACTIVATION_CASES } from './activation.ts';
import { ATTENTION_CASES } from './attention.ts';
import { ELEMENTWISE_CASES } from './elementwise.ts';
import { INDEXING_CASES } from './indexing.ts';
import { LAYOUT_CASES } from './layout.ts';
import { LINEAR_CASES } from './linear.ts';
import type { Case } from './net.ts';
import { NORMALISATION_CASES } from './normalisation.ts';
import { RECURRENT_CASES } from './recurrent.ts';
import { REDUCTION_CASES } from './reduction.ts';
import { WINDOWED_CASES } from './windowed.ts';

export const CASES: readonly Case[] = [
  ...ACTIVATION_CASES,
  ...ATTENTION_CASES,
  ...ELEMENTWISE_CASES,
  ...INDEXING_CASES,
  ...LAYOUT_CASES,
  ...LINEAR_CASES,
  ...NORMALISATION_CASES,
  ...RECURRENT_CASES,
  ...REDUCTION_CASES,
  ...WINDOWED_CASES,
];
