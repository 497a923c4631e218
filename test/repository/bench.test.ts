// The benches' own parts: what tells their figures, and what ends the processes they start.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pinnedVersions } from '../../bench/flower-environment.ts';
import { createFlowerProcesses } from '../../bench/flower-processes.ts';
import { parseRounds } from '../../bench/flower-rounds.ts';
import { median, summarise } from '../../bench/statistics.ts';
import { formatTable } from '../../bench/table.ts';
import { waitUntil } from '../../network/src/wait-until.ts';

describe('statistics', () => {
  test('the median is the middle value, or the mean of the two in the middle, whatever the order', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(summarise([5, 9, 7])).toEqual({ median: 7, min: 5, max: 9 });
  });

  test('no values have no median', () => {
    expect(() => median([])).toThrow(TypeError);
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
  }, 40_000);
});
