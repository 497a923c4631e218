// What is told of cells: points of accuracy lost, rule by rule and attack by attack, and how often backdoors worked.
import type { Row } from '../bench.ts';
import { rounded } from '../statistics.ts';
import { HONEST, type Cell } from './cell.ts';
import { lost, type Results } from './results.ts';
import type { Plan } from './plan.ts';

/** What stands where no cell was played. */
export const MISSING = '–';

/** A column of a picture. */
export interface Column {
  readonly name: string;
  readonly points: (rule: string) => number | undefined;
  /** Whether the rule gave up. */
  readonly refused: (rule: string) => boolean;
  /** How often a backdoor works, percent. */
  readonly success: (rule: string) => number | undefined;
}

/** A picture: points lost, rule by column. */
export interface Grid {
  readonly title: string;
  readonly rules: readonly string[];
  readonly columns: readonly Column[];
}

/** One table: the cells that differ in rule and attack only, of those that were played. */
export interface Sheet {
  readonly title: string;
  /** Of the data, as a reader is told. */
  readonly division: string;
  readonly copies: string;
  /** Percent. */
  readonly malicious: number;
  readonly rules: readonly string[];
  readonly attacks: readonly string[];
  /** Rounded to a tenth, as it is told. */
  readonly lost: (rule: string, attack: string) => number | undefined;
  /** Whether the rule gave up. */
  readonly refused: (rule: string, attack: string) => boolean;
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
  const played = mine.filter((each) => lost(results, each) !== undefined);
  const attacked = played.filter(({ attack }) => attack !== HONEST);
  return {
    title: `${malicious} % of ${agents} agents, ${data}, ${COPIES[copies]}, ${rounds} rounds, seed ${seed}`,
    division: data,
    copies: COPIES[copies],
    malicious,
    rules: rules.filter((name) => attacked.some(({ rule }) => rule === name)),
    attacks: [HONEST, ...attacks].filter((name) => played.some(({ attack }) => attack === name)),
    lost: (rule, attack) => {
      const points = lost(results, cell(rule, attack));
      return points === undefined ? undefined : rounded(points, 1);
    },
    refused: (rule, attack) => results.of(cell(rule, attack))?.refused !== undefined,
    success: (rule, attack) => {
      const { success } = results.of(cell(rule, attack)) ?? {};
      return success === undefined ? undefined : 100 * success;
    },
  };
}

/** A sheet for each share, division and treatment of copies; one without rules where no cell was played. */
export function sheetsOf(plan: Plan, results: Results): Sheet[] {
  const sheets = new Map<string, Sheet>();
  for (const cell of plan.cells) {
    if (cell.malicious === 0) continue;
    const key = `${cell.alpha} ${cell.malicious} ${cell.copies}`;
    if (!sheets.has(key)) sheets.set(key, sheetOf(cell, plan, results));
  }
  return [...sheets.values()];
}

interface Worst {
  readonly points: number;
  readonly attack: string;
  /** Of how many attacks. */
  readonly of: number;
}

/** The most that an attack costs a rule; of a backdoor its success is another matter. */
export function worst({ attacks, lost: of }: Sheet, rule: string): Worst | undefined {
  const costs = attacks
    .filter((attack) => attack !== HONEST)
    .flatMap((attack) => {
      const points = of(rule, attack);
      return points === undefined ? [] : [{ points, attack }];
    })
    .toSorted((a, b) => b.points - a.points);
  const [first] = costs;
  return first === undefined ? undefined : { ...first, of: costs.length };
}

/** The attacks, and the worst of them last. */
export function gridOf(sheet: Sheet): Grid {
  const attacks = sheet.attacks.map((name): Column => ({
    name,
    points: (rule) => sheet.lost(rule, name),
    refused: (rule) => sheet.refused(rule, name),
    success: (rule) => sheet.success(rule, name),
  }));
  const most: Column = {
    name: 'worst',
    points: (rule) => worst(sheet, rule)?.points,
    refused: (rule) => sheet.refused(rule, worst(sheet, rule)?.attack ?? ''),
    success: () => undefined,
  };
  return { title: sheet.title, rules: sheet.rules, columns: [...attacks, most] };
}

/** What a column says of a rule. */
export function told({ points, refused }: Column, rule: string): number | string {
  return refused(rule) ? 'refused' : (points(rule) ?? MISSING);
}

/** Rows of a sheet as the bench prints them: the worst column comes last. */
export function rowsOf(sheet: Sheet): Row[] {
  const { columns } = gridOf(sheet);
  const attacks = columns.slice(0, -1);
  const backdoors = attacks.filter(({ success }) => sheet.rules.some((rule) => success(rule) !== undefined));
  return sheet.rules.map((rule) => {
    const works = ({ success }: Column): number | string => {
      const share = success(rule);
      return share === undefined ? MISSING : rounded(share, 1);
    };
    return {
      rule,
      ...Object.fromEntries(attacks.map((column) => [column.name, told(column, rule)])),
      ...Object.fromEntries(backdoors.map((column) => [`${column.name} works %`, works(column)])),
      ...Object.fromEntries(columns.slice(-1).map((column) => [column.name, told(column, rule)])),
    };
  });
}
