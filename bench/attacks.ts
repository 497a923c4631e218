// The bench `attacks`: what each attack costs each rule, in rounds of the product's own parts, without a network.
import { join } from 'node:path';
import { cacheFolder } from '../network/src/fabric/cache-folder.ts';
import { planCells } from './attacks/plan.ts';
import { play } from './attacks/play.ts';
import { rowsOf, sheetsOf } from './attacks/report.ts';
import { Results } from './attacks/results.ts';
import type { BenchOptions, BenchResult } from './bench.ts';

const THREADS = 2;

export async function run({ progress, signal, ...options }: BenchOptions): Promise<BenchResult> {
  const plan = planCells(options);
  const results = await Results.open(options.results ?? join(cacheFolder(process.env), 'attacks', 'results.jsonl'));
  await progress.step(`${plan.cells.length} cells`, (note) =>
    play(plan.cells, { results, threads: THREADS, note, signal }),
  );
  const sheets = sheetsOf(plan, results);
  return {
    title: 'Points of accuracy lost against the unattacked fed-avg of the same data (MNIST, mlp 784-100-10)',
    rows: sheets.flatMap((sheet) => [{ rule: `${sheet.title}:` }, ...rowsOf(sheet)]),
    figures: { cells: plan.cells.map((cell) => results.of(cell)) },
  };
}
