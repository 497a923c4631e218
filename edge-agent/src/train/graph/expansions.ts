// Operators written out in simpler ones before anything else looks at them, a table: they need neither type nor gradient rule.
import { ACTIVATION_EXPANSIONS } from './expansions/activation.ts';
import { ATTENTION_EXPANSIONS } from './expansions/attention.ts';
import { CAST_EXPANSIONS } from './expansions/cast.ts';
import type { Expansion } from './expansions/expansion.ts';
import { SUM_EXPANSIONS } from './expansions/sum.ts';

/** Operator -> expansion. */
export const EXPANSIONS: ReadonlyMap<string, Expansion> = new Map([
  ...ACTIVATION_EXPANSIONS,
  ...ATTENTION_EXPANSIONS,
  ...CAST_EXPANSIONS,
  ...SUM_EXPANSIONS,
]);
