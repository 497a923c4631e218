// The benches' own parts: what tells their figures, and what ends the processes they start.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pinnedVersions } from '../../bench/python-environment.ts';
import { createFlowerProcesses } from '../../bench/flower-processes.ts';
import { figureOf } from '../../bench/footprint/memory.ts';
import { poissonInstants, runClosed, runOpen, type Told } from '../../bench/ledger/load.ts';
import { seededRandom } from '../../edge-agent/src/train/index.ts';
import { parseRounds } from '../../bench/flower-rounds.ts';
import { covered, mean, median, quantile, summarise } from '../../bench/statistics.ts';
import { formatTable } from '../../bench/table.ts';
import { waitUntil } from '../../network/src/wait-until.ts';

describe('statistics', () => {
  test('the median is the middle value, or the mean of the two in the middle, whatever the order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(summarise([5, 9, 7])).toEqual({ median: 7, min: 5, max: 9 });
  });

  test('time that several steps share counts once', () => {
    const spans = [
      { from: 5, to: 7 },
      { from: 0, to: 4 },
      { from: 1, to: 2 },
      { from: 3, to: 5 },
    ];
    expect(covered(spans)).toBe(7);
    expect(covered([])).toBe(0);
  });

  test('no values have no median', () => {
    expect(() => median([])).toThrow(TypeError);
  });

  test('a quantile is the value that a share of all does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)]).toEqual([50, 95, 100]);
    expect(quantile([7], 0.5)).toBe(7);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('the mean of values is their sum over their number', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(mean([])).toBeNaN();
  });
});

test('a table aligns text to the left, numbers to the right, and leaves a missing cell empty', () => {
  const rows = [
    { name: 'a', seconds: 12.5 },
    { name: 'longer', note: 'x' },
  ];
  expect(formatTable(rows).split('\n')).toEqual([
    'name    seconds  note',
    '------  -------  ----',
    'a          12.5',
    'longer           x',
  ]);
});

describe("Flower's rounds", () => {
  test('a line still being written is left for the next reading', () => {
    expect(parseRounds('{"round":1,"seconds":2}\n{"round":2,"sec')).toEqual([{ round: 1, seconds: 2 }]);
    expect(parseRounds('')).toEqual([]);
  });

  test('lines of more than one run are refused', () => {
    expect(() => parseRounds('{"round":1}\n{"round":1}\n')).toThrow('line 2 is of round 1');
  });
});

describe('loads', () => {
  const recorded = (id: string): Told => ({ id, recorded: true, transaction: 'tx' });

  test('arrivals of an open load do not wait for answers, and their latency counts from the intended instant', async () => {
    const gate = Promise.withResolvers<undefined>();
    let made = 0;
    const calls = Array.from({ length: 50 }, (_, i) => async () => {
      made += 1;
      if (made === 50) gate.resolve(undefined);
      await gate.promise;
      return [recorded(String(i))];
    });
    const result = await runOpen(calls, 10_000);
    expect(result).toMatchObject({ recorded: 50, failed: [], transactions: 1 });
    expect(result.p99Ms).toBeGreaterThan(0);
  });

  test('Poisson arrivals come at their rate, in order', () => {
    const random = seededRandom('bench', 'test');
    const instants = poissonInstants(20_000, 100, () => random.word() / 2 ** 32);
    expect(instants).toEqual(instants.toSorted((a, b) => a - b));
    expect(20_000 / ((instants.at(-1) ?? 0) / 1000)).toBeCloseTo(100, -1);
  });

  test('a closed load has so many calls under way and no more', async () => {
    let [now, most] = [0, 0];
    const calls = Array.from({ length: 20 }, (_, i) => async () => {
      most = Math.max(most, ++now);
      await Promise.resolve();
      now -= 1;
      return [i % 4 === 0 ? { id: String(i), recorded: false, reason: 'no' } : recorded(String(i))];
    });
    const { recorded: done, failed } = await runClosed(calls, 3);
    expect([done, failed.length, most]).toEqual([15, 5, 3]);
  });
});

test('memory is read from what Linux tells of a process', () => {
  expect(figureOf('Rss:     2048 kB\nPss:      512 kB\n', 'Pss')).toBe(0.5);
  expect(() => figureOf('', 'Pss')).toThrow(TypeError);
});

test.each(['flower', 'numpy'])('every version of the peer %s is pinned', async (peer) => {
  const file = new URL(`../../bench/peers/${peer}/requirements.txt`, import.meta.url);
  expect(Object.keys(pinnedVersions(await readFile(file, 'utf8')))).toContain('numpy');
});

test('every version of the peer is pinned', async () => {
  const requirements = await readFile(new URL('../../bench/peers/flower/requirements.txt', import.meta.url), 'utf8');
  expect(Object.keys(pinnedVersions(requirements))).toEqual(['flwr', 'numpy', 'torch']);
  expect(() => pinnedVersions('torch>=2\n')).toThrow(TypeError);
});

describe('the processes of a peer', () => {
  test('are all ended, those in sessions of their own included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-bench-test-'));
    try {
      const processes = createFlowerProcesses(folder, process.env);
      const child = `require('node:child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })`;
      processes.start('parent', process.execPath, ['-e', `console.log(${child}.pid); setInterval(() => {}, 1000)`]);
      const pid = await waitUntil({ waitedFor: 'the grandchild to start', seconds: 10 }, async () => {
        const told = Number.parseInt(await readFile(join(folder, 'parent.log'), 'utf8'), 10);
        if (!(told > 0)) throw new Error('nothing told yet');
        return told;
      });
      await processes.requireRunning(['parent']);
      const ended = processes.ended('parent');
      await processes.stopAll();
      await ended;
      await expect(processes.requireRunning(['parent'])).rejects.toMatchObject({ code: 'ERR_NODE_FAILED' });
      // Gone, or a zombie whose new parent has not asked for it yet: either way it has no environment any more.
      expect(await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')).toBe('');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
