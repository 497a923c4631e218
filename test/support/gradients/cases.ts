// All cases of gradient checks: a family is a file here and a line below.
import { ELEMENTWISE_CASES } from './elementwise.ts';
import { LAYOUT_CASES } from './layout.ts';
import { LINEAR_CASES } from './linear.ts';
import type { Case } from './net.ts';
import { REDUCTION_CASES } from './reduction.ts';
import { WINDOWED_CASES } from './windowed.ts';

export const CASES: readonly Case[] = [
  ...ELEMENTWISE_CASES,
  ...LAYOUT_CASES,
  ...LINEAR_CASES,
  ...REDUCTION_CASES,
  ...WINDOWED_CASES,
];
