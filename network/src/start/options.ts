// What `muster start` takes, read and checked.

import { parse as parseDocument, RULES, SCORE_METHODS, type RuleTerms, type Terms } from '@muster/protocol';
import { parsePartition, type Partition } from '@muster/edge-agent';
import { z } from 'zod';
import { commitmentsOf } from '../commands/commit-options.ts';
import { countsMalicious, ruleOf } from '../commands/rule-options.ts';
import { ATTACKS } from './attack.ts';

const whole = (least: number, most: number): z.ZodCoercedNumber => z.coerce.number().int().min(least).max(most);

/** Of a round, milliseconds: as terms have it. */
const window = whole(100, 90 * 24 * 60 * 60 * 1000);

/** Percent: what no rule withstands, none can be told. */
const MOST_TOLD = 49;

const schema = z.object({
  rounds: whole(1, 10_000),
  organisations: whole(1, 7),
  agents: whole(1, 64),
  model: z.string().min(1),
  partition: z.string(),
  seed: whole(0, Number.MAX_SAFE_INTEGER),
  commitWindow: window.optional(),
  attestationCommitWindow: window.optional(),
  state: z.string().optional(),
  basePort: z.union([z.int(), z.literal('free')]).optional(),
  rule: z.enum(RULES),
  ruleOption: z.record(z.string(), z.string()).optional(),
  before: z.string().optional(),
  attack: z.enum(ATTACKS).optional(),
  malicious: z.coerce.number().gt(0).lt(1).optional(),
  score: z.enum(SCORE_METHODS).optional(),
  exit: z.boolean().default(false),
  json: z.boolean().default(false),
});

type Given = z.infer<typeof schema>;

export type StartOptions = Omit<
  Given,
  'partition' | 'rule' | 'ruleOption' | 'before' | 'attack' | 'malicious' | 'commitWindow' | 'attestationCommitWindow'
> & {
  readonly partition: Partition;
  /** what is committed to before it is shown */
  readonly commitments?: Terms['commitments'];
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

/** Who attacks how: either may be given, and then stands for both. */
function attackOf({ attack, malicious }: Pick<Given, 'attack' | 'malicious'>): StartOptions['attack'] {
  if (attack === undefined && malicious === undefined) return undefined;
  return { name: attack ?? ATTACK, share: malicious ?? SHARE };
}

/**
 * Reads the options of the command line.
 * @throws ERR_DOCUMENT_INVALID naming every bad option, ERR_PARTITION_INVALID
 */
export function parseStartOptions(values: Readonly<Record<string, unknown>>): StartOptions {
  const { partition, attack, malicious, rule, ruleOption, before, commitWindow, attestationCommitWindow, ...options } =
    parseDocument('command line', schema, values);
  const commitments = commitmentsOf({ commitWindow, attestationCommitWindow });
  const attacked = attackOf({ attack, malicious });
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
    ...(commitments && { commitments }),
  };
}
