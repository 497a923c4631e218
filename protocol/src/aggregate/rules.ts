// Aggregation rules: one table, rule name -> how a round's updates become one change of the model.
// Arithmetic is ECMAScript numbers in a fixed order: the same bits on every machine.

import { z } from 'zod';
import type { Issue } from '../catalogue.ts';
import { MusterError } from '../errors.ts';
import { issuesOf, parse } from '../parse.ts';
import { toAggregator, type Aggregator, type AggregatorOptions } from './aggregator.ts';
import { createFedAvg } from './fed-avg.ts';
import { robustRules } from './robust/robust-rules.ts';
import { serverRules } from './server-rules.ts';
import { rule, type Carried, type Rule } from './rule.ts';

const average = (summary: string): Rule =>
  rule({
    summary,
    assumes: 'every update is honest, and so is its number of examples',
    options: z.strictObject({}),
    problem: () => undefined,
    create: (_options, surroundings) => createFedAvg(surroundings),
  });

const plainRules = {
  'fed-avg': average('mean weighted by examples (McMahan et al. 2017, algorithm 1)'),
  // FedProx differs at the agent, by the recipe's proximal term; its server aggregates as FedAvg does
  'fed-prox': average('fed-avg of agents that train with a proximal term (Li et al. 2020, algorithm 2)'),
  ...robustRules,
} as const satisfies Record<string, Rule>;

const rules = { ...plainRules, ...serverRules(plainRules) } as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
export const RULES = Object.keys(rules) as RuleName[];

/** The JSON Schema of a rule's options; what names its dialect belongs to whole documents. */
function optionsSchema({ options }: Rule): OptionsSchema {
  const entries = Object.entries(z.toJSONSchema(options, { io: 'input' })).filter(([key]) => key !== '$schema');
  return Object.fromEntries(entries) as unknown as OptionsSchema;
}

/** A rule as terms name it. To readers of the API each rule's options are told; whether they fit, {@link ruleIssues} says. */
export const ruleSchema = z
  .strictObject({ name: z.string().max(40), options: z.record(z.string(), z.unknown()) })
  .meta({
    oneOf: RULES.map((name) => ({
      title: name,
      description: `${rules[name].summary}; assumes ${rules[name].assumes}`,
      properties: { name: { const: name }, options: optionsSchema(rules[name]) },
    })),
  });
export type RuleTerms = z.infer<typeof ruleSchema>;

function lookUp(name: string): Rule | undefined {
  return Object.hasOwn(rules, name) ? rules[name as RuleName] : undefined;
}

/** An option of a rule, as people are told it. */
export interface RuleOption {
  readonly name: string;
  readonly about: string;
  readonly default?: unknown;
}

/** JSON Schema, draft 2020-12. */
export interface OptionsSchema {
  readonly type: 'object';
  readonly properties: Readonly<
    Record<string, { readonly type?: string; readonly description?: string; readonly default?: unknown }>
  >;
}

/** What a rule is, what it takes for granted and which options it has: for help texts and documents. */
export function describeRule(name: RuleName): {
  readonly summary: string;
  readonly assumes: string;
  readonly options: readonly RuleOption[];
  readonly schema: OptionsSchema;
} {
  const { summary, assumes } = rules[name];
  const schema = optionsSchema(rules[name]);
  const told = Object.entries(schema.properties).map(([option, { description, default: value }]): RuleOption => ({
    name: option,
    about: String(description),
    ...(value === undefined ? {} : { default: value }),
  }));
  return { summary, assumes, options: told, schema };
}

/** Shares of n repeat every 100 updates, and a bound that lets some n pass asks for less than 100 of the next 100. */
const PERIOD = 200;

/**
 * What is wrong with a job's rule: an unknown name, options it does not take, numbers of updates it promises nothing for.
 * @param from the least updates that are aggregated
 * @param to the most
 */
export function ruleIssues({ name, options }: RuleTerms, from: number, to: number): Issue[] {
  const found = lookUp(name);
  if (found === undefined) return [{ field: 'rule.name', problem: `unknown; known are ${RULES.join(', ')}` }];
  const parsed = found.options.safeParse(options);
  if (!parsed.success) return issuesOf(parsed.error, 'rule.options');
  const counts = [...Array.from({ length: PERIOD }, (_, i) => from + i).filter((n) => n < to), to];
  const problems = counts.flatMap((n) => found.problem(parsed.data, n) ?? []).slice(0, 1);
  return problems.map((problem) => ({ field: 'rule', problem: `${name} ${problem}` }));
}

/** A rule with its options read. */
function readRule({ name, options }: RuleTerms): { readonly found: Rule; readonly parsed: unknown } {
  const found = lookUp(name);
  if (found === undefined) throw new MusterError('ERR_RULE_UNKNOWN', { rule: name, known: RULES });
  return { found, parsed: parse(`options of rule ${name}`, found.options, options) };
}

/**
 * The names of what a rule carries from round to round, one value a parameter each; none for most rules.
 * @throws ERR_RULE_UNKNOWN, ERR_DOCUMENT_INVALID where its options are not those of the rule
 */
export function carriedBy(rule: RuleTerms): readonly string[] {
  const { found, parsed } = readRule(rule);
  return found.carries?.(parsed) ?? [];
}

/** Whether a rule weighs updates by a root update; false of rules that are unknown or have options they do not take. */
export function needsRoot({ name, options }: RuleTerms): boolean {
  const found = lookUp(name);
  const parsed = found?.options.safeParse(options);
  return parsed?.success === true && found?.needsRoot?.(parsed.data) === true;
}

/**
 * The aggregator of a rule.
 * @throws ERR_RULE_UNKNOWN, ERR_DOCUMENT_INVALID where its options are not those of the rule
 */
export function createAggregator(rule: RuleTerms, surroundings: AggregatorOptions): Aggregator {
  const { found, parsed } = readRule(rule);
  const { parameters, carry = [] } = surroundings;
  const carried = (found.carries?.(parsed) ?? []).map((_, i): Carried => {
    const { [i]: before = new Float32Array(parameters) } = carry;
    if (before.length !== parameters) throw new TypeError(`${before.length} carried for ${parameters} parameters`);
    return { before, after: new Float32Array(parameters) };
  });
  const maker = found.create(parsed, { ...surroundings, carried });
  return toAggregator(
    maker,
    parameters,
    carried.map(({ after }) => after),
  );
}
