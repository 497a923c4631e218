// Two cells beside byzfl and PyTorch, from the same examples, agents and first model: `node bench/attacks/peer.ts`.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { concatenate, countValues } from '@muster/protocol';
import type { DataSet } from '../../edge-agent/src/data/index.ts';
import { ensurePython } from '../python-environment.ts';
import { mean, rounded } from '../statistics.ts';
import { formatTable } from '../table.ts';
import type { Cell } from './cell.ts';
import { maliciousAgents, simulate } from './simulate.ts';
import { createWorld, readImages } from './world.ts';

const SETTING = { agents: 20, rounds: 10, alpha: 0.5, seed: 1, root: 100 };
const script = fileURLToPath(new URL('peer.py', import.meta.url));

async function writeData(folder: string, name: string, { features, targets }: DataSet): Promise<void> {
  await writeFile(join(folder, `${name}.features`), features as Float32Array);
  await writeFile(join(folder, `${name}.targets`), targets as Int32Array);
}

const signal = new AbortController().signal;
const { bin } = await ensurePython('byzfl', (text) => void process.stderr.write(`${text}\n`), signal);
const folder = await mkdtemp(join(tmpdir(), 'muster-attacks-peer-'));
const world = await createWorld(await readImages(), SETTING);
try {
  for (const [agent, data] of world.shards.entries()) await writeData(folder, String(agent), data);
  await writeData(folder, 'test', world.test);
  await writeFile(join(folder, 'base'), concatenate(world.base, new Float32Array(countValues(world.base))));
  const rows = [];
  for (const attack of ['ipm', 'label-flip']) {
    const cell: Cell = { ...SETTING, rule: 'trimmed-mean', attack, malicious: 20, copies: 'counted' };
    const { accuracies } = await simulate(cell, world);
    const liars = [...maliciousAgents(cell)].map(String);
    const counts = [
      '--agents',
      '20',
      '--rounds',
      '10',
      '--f',
      String(liars.length),
      '--last',
      String(accuracies.length),
    ];
    const args = [script, folder, '--attack', attack, ...counts, '--malicious', ...liars];
    const { stdout } = await promisify(execFile)(join(bin, 'python'), args);
    const theirs = JSON.parse(stdout) as { accuracies: number[] };
    const percent = (values: readonly number[]): number => rounded(100 * mean(values), 2);
    rows.push({ cell: `trimmed-mean, ${attack}`, muster: percent(accuracies), byzfl: percent(theirs.accuracies) });
  }
  process.stdout.write(`${formatTable(rows)}\n`);
} finally {
  await world.close();
  await rm(folder, { recursive: true, force: true });
}
