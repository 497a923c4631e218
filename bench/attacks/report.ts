// What is told of cells: points of accuracy lost, rule by rule and attack by attack, and how often backdoors worked.
import type { Row } from '../bench.ts';
import { rounded } from '../statistics.ts';
import { HONEST, type Cell } from './cell.ts';
import { lost, type Results } from './results.ts';
import type { Plan } from './plan.ts';

/** One table: the cells that differ in rule and attack only. */
export interface Sheet {
  readonly title: string;
  readonly rules: readonly string[];
  readonly attacks: readonly string[];
  readonly lost: (rule: string, attack: string) => number | undefined;
  /** Share of triggered test images, percent. */
  readonly success: (rule: string, attack: string) => number | undefined;
}

const COPIES = {
  counted: 'copies count',
  excluded: 'committed, equal updates excluded',
  varied: 'committed, copies varied by one unit',
} as const;

function sheetOf(of: Cell, { rules, attacks, cells }: Plan, results: Results): Sheet {
  const { alpha, malicious, copies, agents, rounds, seed } = of;
  const cell = (rule: string, attack: string): Cell => ({ ...of, rule, attack });
  const data = alpha === 'iid' ? 'iid' : `Dirichlet ${alpha}`;
  const mine = cells.filter((each) => each.alpha === alpha && each.malicious === malicious && each.copies === copies);
  return {
    title: `${malicious} % of ${agents} agents, ${data}, ${COPIES[copies]}, ${rounds} rounds, seed ${seed}`,
    rules,
    attacks: [HONEST, ...attacks].filter((name) => mine.some(({ attack }) => attack === name)),
    lost: (rule, attack) => lost(results, cell(rule, attack)),
    success: (rule, attack) => {
      const { success } = results.of(cell(rule, attack)) ?? {};
      return success === undefined ? undefined : 100 * success;
    },
  };
}

/** A sheet for each share, division and treatment of copies that was played. */
export function sheetsOf(plan: Plan, results: Results): Sheet[] {
  const sheets = new Map<string, Sheet>();
  for (const cell of plan.cells) {
    if (cell.malicious === 0) continue;
    const key = `${cell.alpha} ${cell.malicious} ${cell.copies}`;
    if (!sheets.has(key)) sheets.set(key, sheetOf(cell, plan, results));
  }
  return [...sheets.values()];
}

/** The most that an attack costs a rule; of a backdoor its success is another matter. */
export function worst({ attacks, lost: of }: Sheet, rule: string): number | undefined {
  const values = attacks.filter((name) => name !== HONEST).flatMap((attack) => of(rule, attack) ?? []);
  return values.length === 0 ? undefined : Math.max(...values);
}

const cellOf = (value: number | undefined): number | string => (value === undefined ? '' : rounded(value, 1));

/** Rows of a sheet as the bench prints them. */
export function rowsOf(sheet: Sheet): Row[] {
  return sheet.rules.map((rule) => ({
    rule,
    ...Object.fromEntries(sheet.attacks.map((attack) => [attack, cellOf(sheet.lost(rule, attack))])),
    worst: cellOf(worst(sheet, rule)),
    ...Object.fromEntries(
      sheet.attacks
        .filter((attack) => sheet.rules.some((each) => sheet.success(each, attack) !== undefined))
        .map((attack) => [`${attack} works %`, cellOf(sheet.success(rule, attack))]),
    ),
  }));
}
