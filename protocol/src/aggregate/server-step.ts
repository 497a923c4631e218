// How a rule steps along another: that one's change is what it is made of, and what that one promises it promises.

import { z } from 'zod';
import type { ChangeMaker } from './aggregator.ts';
import { rule, type Carried, type Rule } from './rule.ts';

/** Steps along a block of changes, which it replaces; `from` is the place of the first. */
export type Step = (change: Float64Array, from: number) => void;

/** What a rule that steps along another is made from. */
export interface Entry<S extends z.ZodObject> {
  readonly summary: string;
  readonly options: S;
  readonly carries: readonly string[];
  /** @param counted updates that the change was made of */
  readonly step: (options: z.output<S>, carried: readonly Carried[], counted: number) => Step;
}

/** The rule whose change is stepped along. */
interface Inner {
  readonly rule: Rule;
  readonly options: unknown;
}

/** What the table's entry of an optimiser is, given the rules that it may step along. */
export function optimiser<S extends z.ZodObject>(
  { summary, options, carries, step }: Entry<S>,
  inner: Readonly<Record<string, Rule>>,
): Rule {
  const of = z
    .strictObject({ name: z.enum(Object.keys(inner)), options: z.record(z.string(), z.unknown()).default({}) })
    .superRefine((named, { issues }) => {
      const read = (inner[named.name] as Rule).options.safeParse(named.options);
      for (const { path, message } of read.error?.issues ?? [])
        issues.push({ code: 'custom', message, path: ['options', ...path], input: named.options });
    })
    .default({ name: 'fed-avg', options: {} })
    .describe('the rule whose change is stepped along, with its own options');
  const innerOf = ({ of: named }: { readonly of: z.output<typeof of> }): Inner => {
    const found = inner[named.name] as Rule;
    return { rule: found, options: found.options.parse(named.options) };
  };
  type Options = z.output<S> & { readonly of: z.output<typeof of> };
  return rule({
    summary,
    assumes: 'what the rule assumes that it steps along',
    options: z.strictObject({ ...options.shape, of }),
    carries: (given) => {
      const { rule: found, options: its } = innerOf(given);
      return [...carries, ...(found.carries?.(its) ?? []).map((name) => `of.${name}`)];
    },
    needsRoot: (given) => {
      const { rule: found, options: its } = innerOf(given);
      return found.needsRoot?.(its) === true;
    },
    problem: (given, n) => {
      const { rule: found, options: its } = innerOf(given);
      return found.problem(its, n);
    },
    create: (given, surroundings): ChangeMaker => {
      const { rule: found, options: its } = innerOf(given);
      const { carried } = surroundings;
      const maker = found.create(its, { ...surroundings, carried: carried.slice(carries.length) });
      let counted = 0;
      return {
        add(contribution) {
          maker.add(contribution);
          counted++;
        },
        finish() {
          const read = maker.finish();
          const take = step(given as Options, carried, counted);
          return (from, into) => {
            read(from, into);
            take(into, from);
          };
        },
      };
    },
  });
}
