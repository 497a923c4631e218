// The bench `attacks`: what each attack costs each rule, in rounds of the product's own parts, without a network.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../network/src/fabric/cache-folder.ts';
import { planCells, type Plan } from './attacks/plan.ts';
import { play } from './attacks/play.ts';
import { coverageRows, overviewRows, overviewsOf } from './attacks/overview.ts';
import { gridOf, rowsOf, sheetsOf, type Grid } from './attacks/report.ts';
import { Results } from './attacks/results.ts';
import { svgOf } from './attacks/svg.ts';
import { terminalMap } from './attacks/terminal.ts';
import type { BenchOptions, BenchResult, Row, Section } from './bench.ts';

const THREADS = 2;
const picture = fileURLToPath(new URL('../docs/attacks.svg', import.meta.url));

/** What all cells have in common. */
function settingOf({ cells: [first] }: Plan): string {
  return first === undefined ? '' : `; ${first.agents} agents, ${first.rounds} rounds, seed ${first.seed}`;
}

export async function run({ progress, signal, report = false, ...options }: BenchOptions): Promise<BenchResult> {
  const plan = planCells(report ? { ...options, all: true } : options);
  const results = await Results.open(options.results ?? join(cacheFolder(process.env), 'attacks', 'results.jsonl'));
  if (!report) {
    await progress.step(`${plan.cells.length} cells`, (note) =>
      play(plan.cells, { results, threads: THREADS, note, signal }),
    );
  }
  const all = sheetsOf(plan, results);
  const overviews = overviewsOf(plan, all);
  if (overviews.length === 0) throw new TypeError('--report: no cell has been played of what is asked for');
  const sheets = all.filter((sheet) => sheet.rules.length > 0).map((sheet) => ({ grid: gridOf(sheet), sheet }));
  // overviews of one treatment of copies side by side
  const beside = [...Map.groupBy(overviews, ({ sheets: [first] }) => first?.copies).values()];
  const rows = [...beside, ...sheets.map(({ grid }) => [grid])];
  if (report) await progress.step('docs/attacks.svg', () => writeFile(picture, svgOf(rows)));
  const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  const section = (grid: Grid, rows: readonly Row[]): Section => ({
    title: grid.title,
    rows,
    below: terminalMap(grid, colours),
  });
  return {
    title: `Points of accuracy lost against the unattacked fed-avg of the same data (MNIST, mlp 784-100-10${settingOf(plan)})`,
    rows: coverageRows(plan, results),
    sections: [
      ...overviews.map((overview) => section(overview, overviewRows(overview))),
      ...sheets.map(({ grid, sheet }) => section(grid, rowsOf(sheet))),
    ],
    figures: { cells: plan.cells.flatMap((cell) => results.of(cell) ?? []) },
  };
}
