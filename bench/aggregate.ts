// The bench `aggregate`: FedAvg of update files as a validator computes it, beside numpy's weighted mean of the same files.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PARAMETERS, writeFiles } from './aggregate/files.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { ensurePython } from './python-environment.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 3;
const UPDATES = 100;
const ours = fileURLToPath(new URL('aggregate/tally.ts', import.meta.url));
const theirs = fileURLToPath(new URL('peers/numpy/weighted_mean.py', import.meta.url));

interface Told {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly peakMiB: number;
  /** of the new model's values */
  readonly digest: string;
}

/** A way to aggregate, and what each run of it told. */
interface Way {
  readonly system: string;
  readonly work: 'sums' | 'sums and checks';
  readonly command: readonly [program: string, ...args: string[]];
  readonly told: Told[];
}

async function take({ command: [program, ...args], told }: Way, signal: AbortSignal): Promise<void> {
  const { stdout } = await promisify(execFile)(program, args, { signal });
  told.push(JSON.parse(stdout) as Told);
}

const middle = ({ told }: Way, of: keyof Omit<Told, 'digest'>): number => median(told.map((one) => one[of]));

function row(way: Way): Row {
  return {
    system: way.system,
    work: way.work,
    seconds: rounded(middle(way, 'seconds')),
    'CPU seconds': rounded(middle(way, 'processorSeconds')),
    'updates a second': rounded(UPDATES / middle(way, 'seconds'), 0),
    'peak MiB': rounded(Math.max(...way.told.map(({ peakMiB }) => peakMiB)), 0),
  };
}

/** @throws Error where any two models differ in a bit */
function requireOneModel(ways: readonly Way[]): string {
  const digests = new Set(ways.flatMap(({ told }) => told.map(({ digest }) => digest)));
  const [only] = digests;
  if (digests.size !== 1 || only === undefined) throw new Error(`models differ: ${[...digests].join(', ')}`);
  return only;
}

export async function run({ progress, signal, rounds = ROUNDS }: BenchOptions): Promise<BenchResult> {
  const { bin, versions } = await progress.step('numpy: environment', (note) => ensurePython('numpy', note, signal));
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-aggregate-'));
  const numpy = `numpy ${versions['numpy'] ?? ''}`;
  const way = (system: string, command: Way['command']): [Way, Way] => [
    { system, work: 'sums', command: [...command, folder], told: [] },
    { system, work: 'sums and checks', command: [...command, folder, '--checked'], told: [] },
  ];
  const [mine, mineChecked] = way('muster', [process.execPath, ours]);
  const [peer, peerChecked] = way(numpy, [join(bin, 'python'), theirs]);
  const ways = [mine, peer, mineChecked, peerChecked];
  try {
    await progress.step(`${UPDATES} updates of ${PARAMETERS} parameters`, (note) => writeFiles(folder, UPDATES, note));
    for (let round = 1; round <= rounds; round++) {
      await progress.step(`in turns, round ${round}`, async () => {
        for (const each of ways) await take(each, signal);
      });
    }
    const digest = requireOneModel(ways);
    // of processor time: the clock on the wall tells more of a busy machine's other work
    const ratio = (ourWay: Way, theirWay: Way): number =>
      middle(theirWay, 'processorSeconds') / middle(ourWay, 'processorSeconds');
    return {
      title: `FedAvg of ${UPDATES} updates of ${PARAMETERS} parameters, beside ${numpy}: the same model bit for bit; ratio: updates a CPU second`,
      rows: ways.map(row),
      figures: {
        updates: UPDATES,
        parameters: PARAMETERS,
        digest,
        ways,
        checkedRatio: ratio(mineChecked, peerChecked),
      },
      ratio: ratio(mine, peer),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
