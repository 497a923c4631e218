// The attacks of the bench do what their papers say, on changes small enough to see.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { paperZ } from '../../bench/attacks/alie.ts';
import type { Sight } from '../../bench/attacks/attack.ts';
import { attacks } from '../../bench/attacks/attacks.ts';
import { planCells } from '../../bench/attacks/plan.ts';
import { play } from '../../bench/attacks/play.ts';
import { rowsOf, sheetsOf, summaryOf } from '../../bench/attacks/report.ts';
import { baselineOf, Results } from '../../bench/attacks/results.ts';
import { svgOf } from '../../bench/attacks/svg.ts';
import { terminalMap } from '../../bench/attacks/terminal.ts';
import { seededRandom } from '../../edge-agent/src/train/index.ts';

const honest = [
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
].map((row) => Float32Array.from(row));

function sight(more: Partial<Sight> = {}): Sight {
  const moved = Float32Array.of(0, 0, 0);
  const random = seededRandom('test');
  return { round: 2, updates: 5, malicious: 2, honest, copyable: honest, own: [], moved, random, ...more };
}
const made = (name: string, more: Partial<Sight> = {}): number[][] =>
  attacks[name]!.make(sight(more)).map((change) => [...change]);

describe('attacks', () => {
  test.each([
    ['sign-flip', [-4, -5, -6]],
    ['ipm', [-8, -10, -12]],
    ['alie-byzfl', [8.5, 9.5, 10.5]],
    ['zeros', [0, 0, 0]],
  ])('%s is byzfl’s of its documentation', (name, expected) => {
    expect(made(name)).toEqual([expected, expected]);
  });

  test('a little is enough takes the z of the paper’s formula', () => {
    expect(paperZ({ updates: 20, malicious: 4 })).toBeCloseTo(0.157, 3);
  });

  test('mimic copies one honest change, and scaling replaces the model', () => {
    const [first, second] = made('mimic');
    expect(first).toEqual(second);
    expect(honest.map((change) => [...change])).toContainEqual(first);
    const own = [Float32Array.of(1, 0, 0), Float32Array.of(0, 1, 0)];
    expect(made('scaling', { own })).toEqual([
      [2.5, 0, 0],
      [0, 2.5, 0],
    ]);
  });

  test('trim-targeted lies just beyond the honest range, on the wrong side', () => {
    for (const change of made('trim-targeted')) {
      change.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual((i + 1) / 2);
        expect(value).toBeLessThanOrEqual(i + 1);
      });
    }
  });

  test('krum-targeted turns against the honest direction', () => {
    for (const change of made('krum-targeted')) expect(Math.max(...change)).toBeLessThan(0);
  });
});

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
      ['rule', 'fed-avg', 'none', 0, 'ipm', 40, 'scaling', '', 'scaling works %', '', 'worst', 40],
      ['rule', 'median', 'none', 0.5, 'ipm', 1.5, 'scaling', 1, 'scaling works %', 25, 'worst', 1.5],
    ]);
    expect(summaryOf([sheet!]).map((row) => Object.values(row))).toEqual([
      ['fed-avg', 40, 'ipm, of 1'],
      ['median', 1.5, 'ipm, of 2'],
    ]);
  });

  test('both pictures are the same of the same results, and show what the table tells', async () => {
    const again = sheetsOf(plan, await Results.open(join(folder, 'results.jsonl')));
    const svg = svgOf(sheetsOf(plan, results));
    expect(svgOf(again)).toBe(svg);
    expect(svg).toContain('>1.0 (25 %)</text>');
    expect(svg).not.toContain('krum');
    expect(terminalMap(again[0]!, false).split('\n').slice(0, 3)).toEqual([
      '         a b c d',
      'fed-avg  ··██  ██',
      'median   ··--··--',
    ]);
  });

  test('a rule that gave up is told as refused, and counts as guessing', async () => {
    const cell = plan.cells.find(({ rule, attack }) => rule === 'krum' && attack === 'ipm')!;
    await results.add({ ...cell, accuracies: [], refused: 'ERR_RULE_BOUND', excluded: 3, seconds: 1 });
    expect(results.of(baselineOf(cell))?.accuracies).toEqual([0.9]);
    const row = rowsOf(sheetsOf(plan, results)[0]!).find(({ rule }) => rule === 'krum');
    expect(row).toMatchObject({ ipm: 'refused', worst: 'refused' });
    expect(summaryOf(sheetsOf(plan, results)).at(-1)).toMatchObject({ 'worst, 20 %, Dirichlet 0.5': 80 });
  });

  test('who ends a run is answered with the reason, and nothing is added', async () => {
    const reason = new Error('ended by SIGINT');
    const ended = play(plan.cells, { results, threads: 1, note: () => undefined, signal: AbortSignal.abort(reason) });
    await expect(ended).rejects.toBe(reason);
    expect(results.of(plan.cells.at(-1)!)).toBeUndefined();
  });
});
