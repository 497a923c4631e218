// The overview: for each division of the data what every rule loses at most at each share of malicious agents, to which attack, and how
// often a backdoor works at most. What was not played is told as such.
import type { Row } from '../bench.ts';
import { rounded } from '../statistics.ts';
import { HONEST } from './cell.ts';
import type { Plan } from './plan.ts';
import { MISSING, told, worst, type Column, type Grid, type Sheet } from './report.ts';
import type { Results } from './results.ts';

/** What a rule is told where nobody attacks, if it was played so: the share that a job expects by default. */
const EXPECTED = 20;

/** One division of the data, and one treatment of copies. */
export interface Overview extends Grid {
  readonly sheets: readonly Sheet[];
}

/** The most that a backdoor works, percent. */
function backdoor(sheet: Sheet, rule: string): number | undefined {
  const shares = sheet.attacks.flatMap((attack) => sheet.success(rule, attack) ?? []);
  return shares.length === 0 ? undefined : Math.max(...shares);
}

/** The sheet that tells what a rule costs when nobody attacks. */
function unattacked(sheets: readonly Sheet[]): Sheet | undefined {
  return sheets.find(({ malicious }) => malicious === EXPECTED) ?? sheets[0];
}

function columnsOf(sheets: readonly Sheet[]): Column[] {
  const calm = unattacked(sheets);
  const none: Column[] =
    calm === undefined
      ? []
      : [
          {
            name: `0 %, told ${calm.malicious} %`,
            points: (rule) => calm.lost(rule, HONEST),
            refused: (rule) => calm.refused(rule, HONEST),
            success: () => undefined,
          },
        ];
  const attacked = sheets.map((sheet): Column => {
    const most = (rule: string): string => worst(sheet, rule)?.attack ?? '';
    return {
      name: `${sheet.malicious} %`,
      points: (rule) => worst(sheet, rule)?.points,
      refused: (rule) => sheet.refused(rule, most(rule)),
      success: (rule) => backdoor(sheet, rule),
    };
  });
  return [...none, ...attacked];
}

/** An overview of every division and treatment of copies of which a cell was played, of all rules and shares that the plan has. */
export function overviewsOf({ rules }: Plan, sheets: readonly Sheet[]): Overview[] {
  const groups = Map.groupBy(sheets, ({ division, copies }) => `${division}, ${copies}`);
  return [...groups].flatMap(([about, all]) => {
    if (all.every((sheet) => sheet.rules.length === 0)) return [];
    const mine = all.toSorted((a, b) => a.malicious - b.malicious);
    const title = `Most points lost to any attack, ${about}`;
    return [{ title, rules, columns: columnsOf(mine), sheets: mine }];
  });
}

/** Rows of an overview as the bench prints them. */
export function overviewRows({ rules, columns, sheets }: Overview): Row[] {
  const [none] = columns;
  return rules.map((rule) => ({
    rule,
    ...(none === undefined ? {} : { [none.name]: told(none, rule) }),
    ...Object.fromEntries(
      sheets.flatMap((sheet, place) => {
        const column = columns[place + 1] as Column;
        const most = worst(sheet, rule);
        const works = column.success(rule);
        return [
          [`most, ${column.name}`, told(column, rule)],
          [`to, ${column.name}`, most === undefined ? MISSING : `${most.attack}, of ${most.of}`],
          [`backdoor %, ${column.name}`, works === undefined ? MISSING : rounded(works, 1)],
        ];
      }),
    ),
  }));
}

/** How many cells were played of those that the plan has, division by division. */
export function coverageRows({ cells }: Plan, results: Results): Row[] {
  const groups = Map.groupBy(cells, ({ alpha, copies }) => `${alpha} ${copies}`);
  return [...groups.values()].map((group) => {
    const [{ alpha, copies } = { alpha: 'iid', copies: 'counted' }] = group;
    const played = group.filter((cell) => results.of(cell) !== undefined).length;
    return { data: alpha === 'iid' ? 'iid' : `Dirichlet ${alpha}`, copies, 'cells played': played, of: group.length };
  });
}
