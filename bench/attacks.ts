// The bench `attacks`: what each attack costs each rule, in rounds of the product's own parts, without a network.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../network/src/fabric/cache-folder.ts';
import { planCells } from './attacks/plan.ts';
import { play } from './attacks/play.ts';
import { rowsOf, sheetsOf, summaryOf } from './attacks/report.ts';
import { Results } from './attacks/results.ts';
import { svgOf } from './attacks/svg.ts';
import { terminalMap } from './attacks/terminal.ts';
import type { BenchOptions, BenchResult } from './bench.ts';

const THREADS = 2;
const picture = fileURLToPath(new URL('../docs/attacks.svg', import.meta.url));

export async function run({ progress, signal, report = false, ...options }: BenchOptions): Promise<BenchResult> {
  const plan = planCells(report ? { ...options, all: true } : options);
  const results = await Results.open(options.results ?? join(cacheFolder(process.env), 'attacks', 'results.jsonl'));
  if (!report) {
    await progress.step(`${plan.cells.length} cells`, (note) =>
      play(plan.cells, { results, threads: THREADS, note, signal }),
    );
  }
  const sheets = sheetsOf(plan, results);
  if (sheets.length === 0) throw new TypeError('--report: no cell has been played of what is asked for');
  if (report) await progress.step('docs/attacks.svg', () => writeFile(picture, svgOf(sheets)));
  const colours = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  return {
    title: 'Points of accuracy lost against the unattacked fed-avg of the same data (MNIST, mlp 784-100-10)',
    rows: summaryOf(sheets),
    sections: sheets.map((sheet) => ({
      title: sheet.title,
      rows: rowsOf(sheet),
      below: terminalMap(sheet, colours),
    })),
    figures: { cells: plan.cells.flatMap((cell) => results.of(cell) ?? []) },
  };
}
