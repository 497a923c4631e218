// The options of `muster job propose` that say how updates become a model, and what its help tells of rules.

import { originOf, type JobOptions } from '@muster/edge-agent';
import { describeRule, RULES, type RuleName, type RuleTerms } from '@muster/protocol';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseCount } from './network-options.ts';

export interface RuleOptions {
  readonly rule: RuleName;
  readonly ruleOption?: Readonly<Record<string, string>>;
  readonly malicious?: string;
  readonly before?: string;
  readonly rootData?: string;
  readonly rootEpochs?: number;
}

/** What validators are to train on, as people name data sets, and how often. @throws ERR_DOCUMENT_INVALID */
export async function rootDataOf({
  rootData,
  rootEpochs,
}: RuleOptions): Promise<Pick<JobOptions, 'rootData' | 'rootEpochs'>> {
  if (rootData === undefined) return {};
  return { rootData: await originOf(rootData), ...(rootEpochs === undefined ? {} : { rootEpochs }) };
}

function collect(pair: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, name, value] = /^((?:of\.)?[a-z][A-Za-z0-9]*)=(.+)$/.exec(pair) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('must be name=value');
  return { ...before, [name]: value };
}

/** A value as its option's schema has it: what is no number or list stays text, which the schema judges. */
function read(type: unknown, value: string): unknown {
  if (type === 'array') return value.split(',');
  const isNumber = (type === 'number' || type === 'integer') && value.trim() !== '' && !Number.isNaN(Number(value));
  return isNumber ? Number(value) : value;
}

const isRule = (name: string): name is RuleName => RULES.some((known) => known === name);

/** Options in the types of a rule's schema. */
function readOptions(rule: string, given: Readonly<Record<string, string>>): RuleTerms['options'] {
  const properties = isRule(rule) ? describeRule(rule).schema.properties : {};
  const typeOf = (name: string): unknown => (Object.hasOwn(properties, name) ? properties[name]?.type : undefined);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, read(typeOf(name), value)]));
}

const OF = 'of.';

/**
 * The rule as terms name it; whether it takes these options is judged with the terms. Of a server optimiser, `of` names the rule
 * that it steps along, whose options are those called `of.…` and what is said of malicious updates.
 */
export function ruleOf({ rule, ruleOption = {}, malicious, before }: RuleOptions): RuleTerms {
  const ofUpdates = {
    ...(malicious === undefined ? {} : { maliciousPercent: malicious }),
    ...(before === undefined ? {} : { before }),
  };
  const { of, ...own } = ruleOption;
  if (of === undefined) return { name: rule, options: readOptions(rule, { ...own, ...ofUpdates }) };
  const [its, rest] = [true, false].map((wanted) =>
    Object.entries(own).filter(([name]) => name.startsWith(OF) === wanted),
  ) as [[string, string][], [string, string][]];
  const inner = Object.fromEntries(its.map(([name, value]) => [name.slice(OF.length), value]));
  const along = { name: of, options: readOptions(of, { ...inner, ...ofUpdates }) };
  return { name: rule, options: { ...readOptions(rule, Object.fromEntries(rest)), of: along } };
}

/** Each rule: what it is, what it takes for granted, its options and their defaults. */
function ruleHelp(): string {
  const shown = (value: unknown): string => {
    if (Array.isArray(value)) return value.join(',') || 'none';
    return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : String(value);
  };
  const about = (name: RuleName): string => {
    const { summary, assumes, options } = describeRule(name);
    const lines = options.map((option) => {
      const preset = 'default' in option ? ` (default: ${shown(option.default)})` : '';
      return `      ${option.name}: ${option.about}${preset}`;
    });
    return [`  ${name}: ${summary}`, `    assumes: ${assumes}`, ...lines].join('\n');
  };
  const head = `Rules, with the options that --rule-option sets; n updates, f of them malicious. What a server optimiser steps along:
--rule fed-adam --rule-option of=trimmed-mean --malicious 20, and its other options as --rule-option of.name=value:`;
  return `\n${head}\n${RULES.map(about).join('\n')}`;
}

/** The options that name a rule. */
export function withRuleName(command: Command, explained: string): Command {
  const rule = new Option('--rule <rule>', `how updates become a model; ${explained}`);
  return command
    .addOption(rule.choices(RULES).default('fed-avg'))
    .option('--rule-option <name=value>', 'an option of the rule; may be given many times', collect)
    .option('--before <names>', 'nnm, bucketing, arc, with commas: --rule-option before=…');
}

export function withRule(command: Command): Command {
  return withRuleName(command, 'see below')
    .option('--malicious <percent>', 'of updates, that robust rules withstand: --rule-option maliciousPercent=…')
    .option(
      '--root-data <path>',
      'of fltrust: examples that validators train on, a description or its folder (muster data describe); all can read them',
    )
    .option('--root-epochs <n>', 'passes over them in a round, for about as many steps as agents take', parseCount)
    .addHelpText('after', ruleHelp);
}

/** Whether a rule, or that which a server optimiser steps along, is told how many updates are malicious. */
export function countsMalicious({ rule, ruleOption = {} }: Pick<RuleOptions, 'rule' | 'ruleOption'>): boolean {
  const told = ruleOption['of'] ?? rule;
  return isRule(told) && Object.hasOwn(describeRule(told).schema.properties, 'maliciousPercent');
}
