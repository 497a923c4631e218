// The bench `attacks`: what it plays, and what it tells of results.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { planCells } from '../../bench/attacks/plan.ts';
import { play } from '../../bench/attacks/play.ts';
import { coverageRows, overviewRows, overviewsOf } from '../../bench/attacks/overview.ts';
import { gridOf, rowsOf, sheetsOf } from '../../bench/attacks/report.ts';
import { baselineOf, Results } from '../../bench/attacks/results.ts';
import { svgOf } from '../../bench/attacks/svg.ts';
import { terminalMap } from '../../bench/attacks/terminal.ts';

test('the bench refuses names and numbers that are none', () => {
  expect(() => planCells({ rules: 'magic' })).toThrow(/^--rules: magic is none of/);
  expect(() => planCells({ alpha: '0' })).toThrow(TypeError);
  expect(planCells({ rules: 'median', attacks: 'ipm' }).cells.map(({ attack }) => attack)).toEqual([
    'none',
    'none',
    'ipm',
  ]);
});

describe('what is told of results', () => {
  let folder: string;
  let results: Results;
  const plan = planCells({ rules: 'fed-avg,median,krum', attacks: 'ipm,scaling', malicious: '20' });
  const accuracies: Readonly<Record<string, number>> = {
    'fed-avg none': 0.9,
    'fed-avg ipm': 0.5,
    'median none': 0.895,
    'median ipm': 0.885,
    'median scaling': 0.89,
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-attacks-'));
    results = await Results.open(join(folder, 'results.jsonl'));
    for (const cell of plan.cells) {
      const accuracy = accuracies[`${cell.rule} ${cell.attack}`];
      if (accuracy === undefined) continue;
      const backdoor = cell.attack === 'scaling' ? { success: 0.25 } : {};
      await results.add({ ...cell, accuracies: [accuracy], ...backdoor, excluded: 0, seconds: 1 });
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('a table has the rules that were played, backdoors beside, the worst last', () => {
    const [sheet, ...others] = sheetsOf(plan, results);
    expect(others).toEqual([]);
    expect(rowsOf(sheet!).map((row) => Object.entries(row).flat())).toEqual([
      ['rule', 'fed-avg', 'none', 0, 'ipm', 40, 'scaling', '–', 'scaling works %', '–', 'worst', 40],
      ['rule', 'median', 'none', 0.5, 'ipm', 1.5, 'scaling', 1, 'scaling works %', 25, 'worst', 1.5],
    ]);
  });

  test('an overview has every rule at every share, and a dash where nothing was played', () => {
    const wider = planCells({
      rules: 'fed-avg,median,krum',
      attacks: 'ipm,scaling',
      malicious: '20,40',
      alpha: '0.5,iid',
    });
    const [overview, ...others] = overviewsOf(wider, sheetsOf(wider, results));
    expect(others).toEqual([]);
    expect(overviewRows(overview!)).toEqual([
      {
        ...{ rule: 'fed-avg', '0 %, told 20 %': 0, 'most, 20 %': 40, 'to, 20 %': 'ipm, of 1', 'backdoor %, 20 %': '–' },
        ...{ 'most, 40 %': '–', 'to, 40 %': '–', 'backdoor %, 40 %': '–' },
      },
      {
        ...{
          rule: 'median',
          '0 %, told 20 %': 0.5,
          'most, 20 %': 1.5,
          'to, 20 %': 'ipm, of 2',
          'backdoor %, 20 %': 25,
        },
        ...{ 'most, 40 %': '–', 'to, 40 %': '–', 'backdoor %, 40 %': '–' },
      },
      {
        ...{ rule: 'krum', '0 %, told 20 %': '–', 'most, 20 %': '–', 'to, 20 %': '–', 'backdoor %, 20 %': '–' },
        ...{ 'most, 40 %': '–', 'to, 40 %': '–', 'backdoor %, 40 %': '–' },
      },
    ]);
    expect(coverageRows(wider, results)).toEqual([
      { data: 'Dirichlet 0.5', copies: 'counted', 'cells played': 6, of: 19 },
      { data: 'iid', copies: 'counted', 'cells played': 0, of: 19 },
    ]);
    const svg = svgOf([[overview!, overview!]]);
    expect(svg).toContain('<g transform="translate(412 0)">');
    expect(svg).toContain('>krum</text>');
    expect(svg).toContain('>–</text>');
    expect(svg).toContain('>1.5 (25 %)</text>');
  });

  test('both pictures are the same of the same results, and show what the table tells', async () => {
    const again = sheetsOf(plan, await Results.open(join(folder, 'results.jsonl')));
    const svg = svgOf(sheetsOf(plan, results).map((sheet) => [gridOf(sheet)]));
    expect(svgOf(again.map((sheet) => [gridOf(sheet)]))).toBe(svg);
    expect(svg).toContain('>1.0 (25 %)</text>');
    expect(svg).not.toContain('krum');
    expect(terminalMap(gridOf(again[0]!), false).split('\n').slice(0, 3)).toEqual([
      '         a b c d',
      'fed-avg  ··██– ██',
      'median   ··--··--',
    ]);
  });

  test('a rule that gave up is told as refused, and counts as guessing', async () => {
    const cell = plan.cells.find(({ rule, attack }) => rule === 'krum' && attack === 'ipm')!;
    await results.add({ ...cell, accuracies: [], refused: 'ERR_RULE_BOUND', excluded: 3, seconds: 1 });
    expect(results.of(baselineOf(cell))?.accuracies).toEqual([0.9]);
    const row = rowsOf(sheetsOf(plan, results)[0]!).find(({ rule }) => rule === 'krum');
    expect(row).toMatchObject({ ipm: 'refused', worst: 'refused' });
    const [overview] = overviewsOf(plan, sheetsOf(plan, results));
    expect(overviewRows(overview!).at(-1)).toMatchObject({ 'most, 20 %': 'refused', 'to, 20 %': 'ipm, of 1' });
    expect(overview!.columns.at(-1)!.points('krum')).toBe(80);
  });

  test('who ends a run is answered with the reason, and nothing is added', async () => {
    const reason = new Error('ended by SIGINT');
    const ended = play(plan.cells, { results, threads: 1, note: () => undefined, signal: AbortSignal.abort(reason) });
    await expect(ended).rejects.toBe(reason);
    expect(results.of(plan.cells.at(-1)!)).toBeUndefined();
  });
});
