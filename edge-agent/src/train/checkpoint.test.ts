// Checkpoints: a process killed with SIGKILL goes on to the bits of an unbroken run, and what is not its own is not used.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bitsOf, RUNS_AN_EPOCH, train } from '../../../test/support/interrupted-training.ts';
import { readCheckpoint, removeCheckpoint, writeCheckpoint, type CheckpointOptions } from './checkpoint.ts';

// A process starts in a second, but on a machine that is busy it may take many.
jest.setTimeout(60_000);

const CHILD = fileURLToPath(new URL('../../../test/support/interrupted-training-child.ts', import.meta.url));

/** Trains in a child until it has taken so many runs, then kills it. @returns where it was */
async function killedAfter(runs: number, { file, key }: CheckpointOptions): Promise<string> {
  const child = spawn(process.execPath, [CHILD, file, key, String(runs)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    return chunk.toString().trim();
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}

describe('checkpoints', () => {
  let folder: string;
  let unbroken: string;
  const options = (name: string, everyMs = 0): CheckpointOptions => ({ file: join(folder, name), key: 'key', everyMs });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-checkpoint-'));
    unbroken = bitsOf(await train({}));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each([
    ['in the middle of the first epoch', 3, '1 12', 12],
    ['at an epoch’s end', RUNS_AN_EPOCH, '1 25', 25],
    ['in the middle of the last epoch', 2 * RUNS_AN_EPOCH + 5, '3 70', 70],
  ])('killed with SIGKILL %s, a run goes on to the same bits', async (_, runs, place, steps) => {
    const checkpoint = options(`killed-${runs}`);
    expect(await killedAfter(runs, checkpoint)).toBe(place);
    expect((await stat(checkpoint.file)).mode & 0o777).toBe(0o600);
    const resumed = await train({ checkpoint });
    expect(resumed.resumed).toBe(steps);
    expect(bitsOf(resumed)).toBe(unbroken);
  });

  test('killed again and again, it still comes to the same bits', async () => {
    const checkpoint = options('again');
    const places = [];
    for (let kill = 0; kill < 3; kill++) places.push(await killedAfter(4, checkpoint));
    expect(places).toEqual(['1 16', '2 29', '2 45']);
    expect(bitsOf(await train({ checkpoint }))).toBe(unbroken);
  });

  test('it may be resumed with examples read in portions, which end elsewhere', async () => {
    const checkpoint = options('portions');
    await killedAfter(3, checkpoint);
    const resumed = await train({ checkpoint, dataBytes: 1500 });
    expect(resumed.resumed).toBe(12);
    expect(bitsOf(resumed)).toBe(unbroken);
  });

  test('a run that is over before one is due writes none', async () => {
    const checkpoint = options('none', 3_600_000);
    expect(bitsOf(await train({ checkpoint }))).toBe(unbroken);
    expect(readCheckpoint(checkpoint, new Map())).toEqual({ kind: 'none' });
  });

  test('one of another run, or of other tensors, is not used, and why is told', async () => {
    const checkpoint = options('other');
    await killedAfter(3, checkpoint);
    const other = await train({ checkpoint: { ...checkpoint, key: 'other key', everyMs: 3_600_000 } });
    expect(other).toMatchObject({ resumed: 0, ignored: 'it is of another job, round, base, recipe or data set' });
    expect(bitsOf(other)).toBe(unbroken);
    expect(readCheckpoint(checkpoint, new Map([['w', 3]]))).toMatchObject({ kind: 'ignored' });
  });

  test('torn or altered files are not used, whichever byte it is', async () => {
    const checkpoint = options('altered');
    const states = new Map([['w', Float32Array.of(1, 2, 3)]]);
    const layout = new Map([['w', 3]]);
    writeCheckpoint(checkpoint, { epoch: 1, step: 2, lossSum: 0.5, states });
    expect(readCheckpoint(checkpoint, layout)).toEqual({
      kind: 'found',
      checkpoint: { epoch: 1, step: 2, lossSum: 0.5, states },
    });
    const whole = await readFile(checkpoint.file);
    const damaged = [
      ...Array.from(whole, (byte, place) => Buffer.from(whole).fill(byte ^ 1, place, place + 1)),
      ...Array.from(whole, (_, length) => whole.subarray(0, length)),
      Buffer.concat([whole, Buffer.of(0)]),
    ];
    for (const bytes of damaged) {
      await writeFile(checkpoint.file, bytes);
      expect(readCheckpoint(checkpoint, layout).kind).toBe('ignored');
    }
    removeCheckpoint(checkpoint.file);
    expect(readCheckpoint(checkpoint, layout)).toEqual({ kind: 'none' });
  });

  test('what a killed process left half-written does not stand in the way', async () => {
    const checkpoint = options('half');
    await writeFile(`${checkpoint.file}.new`, 'half', { mode: 0o644 });
    writeCheckpoint(checkpoint, { epoch: 1, step: 0, lossSum: 0, states: new Map() });
    expect((await stat(checkpoint.file)).mode & 0o777).toBe(0o600);
    expect(readCheckpoint(checkpoint, new Map()).kind).toBe('found');
  });
});
