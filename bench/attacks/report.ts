// What is told of cells: points of accuracy lost, rule by rule and attack by attack, and how often backdoors worked.
import type { Row } from '../bench.ts';
import { rounded } from '../statistics.ts';
import { HONEST, type Cell } from './cell.ts';
import { lost, type Results } from './results.ts';
import type { Plan } from './plan.ts';

/** One table: the cells that differ in rule and attack only, of those that were played. */
export interface Sheet {
  readonly title: string;
  /** A few words, for a column. */
  readonly short: string;
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
    short: `${malicious} %, ${data}${copies === 'counted' ? '' : `, ${copies}`}`,
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

/** A sheet for each share, division and treatment of copies of which a cell was played. */
export function sheetsOf(plan: Plan, results: Results): Sheet[] {
  const sheets = new Map<string, Sheet>();
  for (const cell of plan.cells) {
    if (cell.malicious === 0) continue;
    const key = `${cell.alpha} ${cell.malicious} ${cell.copies}`;
    if (!sheets.has(key)) sheets.set(key, sheetOf(cell, plan, results));
  }
  return [...sheets.values()].filter(({ rules }) => rules.length > 0);
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

/** A column of a sheet's pictures. */
export interface Column {
  readonly name: string;
  readonly points: (rule: string) => number | undefined;
  readonly refused: (rule: string) => boolean;
}

/** The attacks, and the worst of them last. */
export function columnsOf(sheet: Sheet): Column[] {
  const refused = (rule: string, attack = ''): boolean => sheet.refused(rule, attack);
  return [
    ...sheet.attacks.map((name) => ({
      name,
      points: (rule: string) => sheet.lost(rule, name),
      refused: (rule: string) => refused(rule, name),
    })),
    {
      name: 'worst',
      points: (rule) => worst(sheet, rule)?.points,
      refused: (rule) => refused(rule, worst(sheet, rule)?.attack),
    },
  ];
}

/** Rows of a sheet as the bench prints them: the worst column comes last. */
export function rowsOf(sheet: Sheet): Row[] {
  const told = ({ points, refused }: Column, rule: string): number | string =>
    refused(rule) ? 'refused' : (points(rule) ?? '');
  const backdoors = sheet.attacks.filter((attack) =>
    sheet.rules.some((each) => sheet.success(each, attack) !== undefined),
  );
  return sheet.rules.map((rule) => {
    const columns = columnsOf(sheet);
    const works = (attack: string): number | string => {
      const share = sheet.success(rule, attack);
      return share === undefined ? '' : rounded(share, 1);
    };
    return {
      rule,
      ...Object.fromEntries(columns.slice(0, -1).map((column) => [column.name, told(column, rule)])),
      ...Object.fromEntries(backdoors.map((attack) => [`${attack} works %`, works(attack)])),
      ...Object.fromEntries(columns.slice(-1).map((column) => [column.name, told(column, rule)])),
    };
  });
}

/** The worst of each rule in each sheet, the attack that it is, and of how many. */
export function summaryOf(sheets: readonly Sheet[]): Row[] {
  const rules = [...new Set(sheets.flatMap((sheet) => sheet.rules))];
  return rules.map((rule) => ({
    rule,
    ...Object.fromEntries(
      sheets.flatMap((sheet) => {
        const most = worst(sheet, rule);
        return [
          [`worst, ${sheet.short}`, most?.points ?? ''],
          [`by (${sheet.short})`, most === undefined ? '' : `${most.attack}, of ${most.of}`],
        ];
      }),
    ),
  }));
}
