// What `muster start` takes, read and checked.

import { parse as parseDocument, RULES, type RuleTerms } from '@muster/protocol';
import { parsePartition, type Partition } from '@muster/edge-agent';
import { z } from 'zod';
import { countsMalicious, ruleOf } from '../commands/rule-options.ts';
import { ATTACKS } from './attack.ts';

const whole = (least: number, most: number): z.ZodCoercedNumber => z.coerce.number().int().min(least).max(most);

/** Percent: what no rule withstands, none can be told. */
const MOST_TOLD = 49;

const schema = z.object({
  rounds: whole(1, 10_000),
  organisations: whole(1, 7),
  agents: whole(1, 64),
  model: z.string().min(1),
  partition: z.string(),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  state: z.string().optional(),
  basePort: z.union([z.int(), z.literal('free')]).optional(),
  rule: z.enum(RULES),
  ruleOption: z.record(z.string(), z.string()).optional(),
  before: z.string().optional(),
  attack: z.enum(ATTACKS).optional(),
  malicious: z.coerce.number().gt(0).lt(1).optional(),
  exit: z.boolean().default(false),
  json: z.boolean().default(false),
});

type Given = z.infer<typeof schema>;

export type StartOptions = Omit<Given, 'partition' | 'rule' | 'ruleOption' | 'before' | 'attack' | 'malicious'> & {
  readonly partition: Partition;
  readonly rule: RuleTerms;
  /** where some agents attack */
  readonly attack?: { readonly name: string; readonly share: number };
};

/** Where one of the two is given. */
const ATTACK = 'sign-flip';
const SHARE = 0.3;

/** The options as text, where a person gives none. */
export const startDefaults = {
  rounds: '10',
  organisations: '4',
  agents: '2',
  model: 'mlp',
  partition: 'dirichlet:0.5',
  seed: '1',
} as const;

/**
 * Reads the options of the command line.
 * @throws ERR_DOCUMENT_INVALID naming every bad option, ERR_PARTITION_INVALID
 */
export function parseStartOptions(values: Readonly<Record<string, unknown>>): StartOptions {
  const { partition, attack, malicious, rule, ruleOption, before, ...options } = parseDocument(
    'command line',
    schema,
    values,
  );
  const attacked =
    attack === undefined && malicious === undefined ? undefined : { name: attack ?? ATTACK, share: malicious ?? SHARE };
  const named = { rule, ...(ruleOption && { ruleOption }), ...(before !== undefined && { before }) };
  // what the rule is not told otherwise it is told true, as far as it can be told
  const told =
    attacked !== undefined && ruleOption?.['maliciousPercent'] === undefined && countsMalicious(named)
      ? { malicious: String(Math.min(MOST_TOLD, Math.ceil(100 * attacked.share))) }
      : {};
  return {
    ...options,
    partition: parsePartition(partition),
    rule: ruleOf({ ...named, ...told }),
    ...(attacked && { attack: attacked }),
  };
}
