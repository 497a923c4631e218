// What a rule is: how it is told to people, its options, what it asks of the number of updates, and what it makes.

import type { z } from 'zod';
import type { ChangeMaker, MakerOptions } from './aggregator.ts';

/** One value a parameter that a rule carries from round to round. */
export interface Carried {
  /** as the round before left it */
  readonly before: Float32Array;
  /** filled by the rule while its change is read */
  readonly after: Float32Array;
}

export interface Rule<S extends z.ZodType = z.ZodType> {
  /** one sentence that cites its paper */
  readonly summary: string;
  /** what it takes for granted: n updates, f of them malicious */
  readonly assumes: string;
  readonly options: S;
  /** names of what it carries from round to round; nothing where this is missing */
  readonly carries?: (options: z.output<S>) => readonly string[];
  /** whether it weighs updates by a root update, which validators train on the job's root data; not where this is missing */
  readonly needsRoot?: (options: z.output<S>) => boolean;
  /** what n accepted updates lack, or undefined */
  problem(options: z.output<S>, n: number): string | undefined;
  create(options: z.output<S>, surroundings: MakerOptions): ChangeMaker;
}

/** A rule of the table: it is only ever given options that its own schema has read. */
export const rule = <S extends z.ZodType>(entry: Rule<S>): Rule => entry;
