// Aggregation rules: one table, rule name -> how a round's updates become one change of the model.
// Arithmetic is ECMAScript numbers in a fixed order: the same bits on every machine.

import { z } from 'zod';
import type { Issue } from '../catalogue.ts';
import { MusterError } from '../errors.ts';
import type { Aggregator, AggregatorOptions } from './aggregator.ts';
import { createFedAvg } from './fed-avg.ts';

/** What a rule is: its options' schema and its aggregator. */
interface Rule {
  readonly summary: string;
  readonly options: z.ZodType;
  readonly create: (options: AggregatorOptions) => Aggregator;
}

const noOptions = z.strictObject({});

const rules = {
  // FedProx (Li et al. 2020) differs at the agent, by the recipe's proximal term; its server aggregates as FedAvg does
  'fed-avg': {
    summary: 'mean weighted by examples (McMahan et al. 2017, algorithm 1)',
    options: noOptions,
    create: createFedAvg,
  },
  'fed-prox': {
    summary: 'fed-avg of agents that train with a proximal term (Li et al. 2020, algorithm 2)',
    options: noOptions,
    create: createFedAvg,
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
export const RULES = Object.keys(rules) as RuleName[];

export const ruleSchema = z.strictObject({ name: z.string().max(40), options: z.record(z.string(), z.unknown()) });
export type RuleTerms = z.infer<typeof ruleSchema>;

function lookUp(name: string): Rule | undefined {
  return Object.hasOwn(rules, name) ? rules[name as RuleName] : undefined;
}

/** One sentence on a rule, for help texts. */
export function describeRule(name: RuleName): string {
  return rules[name].summary;
}

/** What is wrong with a job's rule: an unknown name, or options it does not take. */
export function ruleIssues({ name, options }: RuleTerms): Issue[] {
  const rule = lookUp(name);
  if (rule === undefined) return [{ field: 'rule.name', problem: `unknown; known are ${RULES.join(', ')}` }];
  const parsed = rule.options.safeParse(options);
  return (parsed.error?.issues ?? []).map((i) => ({
    field: ['rule.options', ...i.path].join('.'),
    problem: i.message,
  }));
}

/**
 * The aggregator of a rule.
 * @throws ERR_RULE_UNKNOWN
 */
export function createAggregator(rule: RuleTerms, options: AggregatorOptions): Aggregator {
  const found = lookUp(rule.name);
  if (found === undefined) throw new MusterError('ERR_RULE_UNKNOWN', { rule: rule.name, known: RULES });
  return found.create(options);
}
