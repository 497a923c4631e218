// What the bench `soak` reads: memory and handles of processes, what they hold for good, and how fast something grows.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { waitUntil } from '@muster/network';
import { INSPECTABLE, sampleLive } from '../../bench/soak/live-memory.ts';
import { Restarts } from '../../bench/soak/restarts.ts';
import { sampleProcesses, slope } from '../../bench/soak/samples.ts';

test('tells how fast something grows by the line that fits best', () => {
  expect(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
  ).toBe(2);
  expect(slope([[3, 7]])).toBeNaN();
  expect(slope([])).toBeNaN();
});

test('samples the memory and the handles of processes by kind, and leaves out what is gone', async () => {
  const node = { name: 'peer.army', state: 'ready', restarts: 0, log: '' } as const;
  const samples = await sampleProcesses(
    [
      { ...node, kind: 'peer', pid: process.pid },
      { ...node, kind: 'gateway' },
    ],
    3,
  );
  expect(samples).toMatchObject([{ kind: 'peer', minute: 3 }]);
  expect(samples[0]!.rssMiB).toBeGreaterThan(10);
  expect(samples[0]!.handles).toBeGreaterThan(2);
});

test('asks a process in Node what it holds once all else is collected', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-live-'));
  const log = join(folder, 'log');
  const output = await open(log, 'a');
  // 64 MiB that it holds, and as much that it does not
  const program = 'const held = Buffer.alloc(2 ** 26, 1); Buffer.alloc(2 ** 26, 1); setInterval(() => held, 1000);';
  const child = spawn(process.execPath, [INSPECTABLE, '-e', `${program} console.log('up')`], {
    stdio: ['ignore', output.fd, output.fd],
  });
  try {
    await waitUntil({ waitedFor: 'the child', seconds: 60 }, async () => {
      expect(await readFile(log, 'utf8')).toContain('up');
    });
    const node = { name: 'agent.army', kind: 'agent', state: 'ready', restarts: 0, log, pid: child.pid! } as const;
    for (const minute of [1, 2]) {
      const [sample] = await sampleLive([node, { ...node, kind: 'peer' }], minute);
      expect(sample).toMatchObject({ kind: 'agent', minute });
      expect(sample!.liveMiB).toBeGreaterThan(64);
      expect(sample!.liveMiB).toBeLessThan(96);
    }
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    await output.close();
    await rm(folder, { recursive: true });
  }
}, 60_000);

test('tells once what was started again, with the last complaint in its log', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-restarts-'));
  const log = join(folder, 'log');
  try {
    await writeFile(log, 'begins\npanic: first\nbegins\npanic: second\ngoroutine 1\n');
    const nodes = (restarts: number) => [
      { name: 'orderer.army', kind: 'orderer', state: 'ready', restarts, log } as const,
    ];
    const restarts = new Restarts();
    expect(await restarts.look(nodes(0), 1)).toEqual([]);
    const told = { node: 'orderer.army', minute: 2, said: ['panic: second', 'goroutine 1'] };
    expect(await restarts.look(nodes(1), 2)).toEqual([told]);
    expect(await restarts.look(nodes(1), 3)).toEqual([]);
    expect(restarts.found).toEqual([told]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
