// Which cells a run plays: a quick selection, what the options name, or all.
import { attacks } from '../../edge-agent/src/attack/index.ts';
import { named } from '../named.ts';
import { HONEST, type Cell, type Copies } from './cell.ts';
import { baselineOf } from './results.ts';
import { rules } from './rules.ts';

export interface PlanOptions {
  readonly all?: boolean | undefined;
  /** Names with commas between them. */
  readonly rules?: string | undefined;
  readonly attacks?: string | undefined;
  /** Percentages and concentrations, with commas between them. */
  readonly malicious?: string | undefined;
  readonly alpha?: string | undefined;
  readonly copies?: string | undefined;
  readonly seed?: number | undefined;
  readonly rounds?: number | undefined;
  readonly agents?: number | undefined;
  /** Examples of the root data set. */
  readonly root?: number | undefined;
}

export interface Plan {
  readonly rules: readonly string[];
  readonly attacks: readonly string[];
  readonly cells: readonly Cell[];
}

/** Ends in some minutes: the best known rules and the attacks that cost them most. */
const QUICK = {
  rules: ['fed-avg', 'median', 'trimmed-mean', 'multi-krum', 'geometric-median', 'nnm + trimmed-mean', 'fltrust'],
  attacks: ['label-flip', 'ipm', 'alie-byzfl', 'trim-targeted', 'mimic', 'scaling'],
  malicious: [20],
  alpha: [0.5],
  copies: ['counted'],
} as const;
const ALL = {
  rules: Object.keys(rules),
  attacks: Object.keys(attacks),
  malicious: [10, 20, 40],
  alpha: [0.5, 'iid', 0.1],
  copies: ['counted', 'excluded', 'varied'],
} as const;
const AGENTS = 20;
const ROUNDS = 10;
const ROOT = 100;

function numbers(option: string, text: string | undefined, most: number): number[] | undefined {
  const values = text?.split(',').map(Number);
  const bad = values?.find((value) => !(value > 0 && value <= most));
  if (bad !== undefined) throw new TypeError(`--${option}: ${text ?? ''} has what is no number of 0 to ${most}`);
  return values;
}

function alphas(text: string | undefined): Cell['alpha'][] | undefined {
  return text
    ?.split(',')
    .flatMap((each): Cell['alpha'][] => (each === 'iid' ? ['iid'] : (numbers('alpha', each, 1000) ?? [])));
}

/** Attacks that no exclusion and no commitment changes: they neither copy nor collude in one update. */
const ALONE = new Set(['label-flip', 'gaussian', 'trim-targeted', 'noise', 'backdoor', 'scaling']);

const matters = ({ attack, copies }: Cell): boolean =>
  copies === 'counted' || !(attack === HONEST || ALONE.has(attack))
    ? copies !== 'varied' || COPYING.has(attack)
    : false;

/** Of those that copy, when contents become known decides what there is to copy. */
const COPYING = new Set(['mimic', 'copy']);

/** @throws TypeError naming an option whose value is none */
export function planCells(options: PlanOptions): Plan {
  const chosen = options.all === true ? ALL : QUICK;
  const ruleNames = named('rules', options.rules, ALL.rules) ?? chosen.rules;
  const attackNames = named('attacks', options.attacks, ALL.attacks) ?? chosen.attacks;
  const shares = numbers('malicious', options.malicious, 49) ?? chosen.malicious;
  const copies: readonly Copies[] = named('copies', options.copies, ALL.copies) ?? chosen.copies;
  const { seed = 1, rounds = ROUNDS, agents = AGENTS, root = ROOT } = options;
  const cells = (alphas(options.alpha) ?? chosen.alpha).flatMap((alpha) => {
    const setting = { agents, rounds, alpha, seed, root };
    const played = shares.flatMap((malicious) =>
      ruleNames.flatMap((rule) =>
        [HONEST, ...attackNames].flatMap((attack) =>
          copies.map((how): Cell => ({ ...setting, rule, attack, malicious, copies: how })),
        ),
      ),
    );
    return [...played.slice(0, 1).map(baselineOf), ...played.filter(matters)];
  });
  return { rules: ruleNames, attacks: attackNames, cells };
}
