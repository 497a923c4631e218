// The bench `start`: from a fresh clone with empty caches to the first model, and again with everything in place, by step.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runTool } from '../network/src/run-tool.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { covered, rounded, type Span } from './statistics.ts';

const ROUNDS = 10;
const CLONE_SECONDS = 60;
const repository = fileURLToPath(new URL('..', import.meta.url));

interface Line {
  readonly event: string;
  readonly step?: string;
  readonly state?: string;
  readonly seconds?: number;
  readonly model?: string;
}

interface Start {
  readonly steps: readonly { readonly step: string; readonly seconds: number }[];
  readonly seconds: number;
  /** of them, those in which no step ran: installing, rounds, and what lies between */
  readonly restSeconds: number;
  readonly model: string;
}

/** One `npm start` in a clone whose home, and so every cache, is a folder of this bench. */
async function start(clone: string, home: string, rounds: number, { signal }: BenchOptions): Promise<Start> {
  const began = performance.now();
  const args = ['start', '--silent', '--', '--json', '--rounds', String(rounds)];
  // without this repository's own programs: a fresh machine has none of them
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => !entry.includes('node_modules'));
  const env = { PATH: path.join(delimiter), HOME: home };
  const child = spawn('npm', args, { cwd: clone, env, signal, stdio: ['ignore', 'pipe', 'inherit'] });
  const steps: { step: string; seconds: number }[] = [];
  const spans: Span[] = [];
  let model = '';
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    if (line.state === 'finished') {
      const [now, took] = [(performance.now() - began) / 1000, line.seconds ?? NaN];
      steps.push({ step: line.step ?? '', seconds: took });
      spans.push({ from: now - took, to: now });
    }
    model = line.model ?? model;
  }
  const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number]) : [child.exitCode];
  if (code !== 0) throw new Error(`npm start ended with ${code}`);
  const seconds = (performance.now() - began) / 1000;
  return { steps, seconds, restSeconds: seconds - covered(spans), model };
}

function rowsOf(name: string, { steps, seconds, restSeconds }: Start): Row[] {
  return [
    ...steps.map((step) => ({ start: name, step: step.step, seconds: rounded(step.seconds, 1) })),
    {
      start: name,
      step: 'rounds, installing and the rest (steps above may overlap)',
      seconds: rounded(restSeconds, 1),
    },
    { start: name, step: 'in all', seconds: rounded(seconds, 1) },
  ];
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { progress, rounds = ROUNDS } = options;
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-start-'));
  const [clone, home] = [join(folder, 'muster'), join(folder, 'home')];
  try {
    await mkdir(home);
    await runTool('git', ['clone', '--quiet', repository, clone], { seconds: CLONE_SECONDS });
    const first = await progress.step('first start', () => start(clone, home, rounds, options));
    const later = await progress.step('later start', () => start(clone, home, rounds, options));
    return {
      title: `npm start from a fresh clone with empty caches, and again; ${rounds} rounds each`,
      rows: [...rowsOf('first', first), ...rowsOf('later', later)],
      figures: { first, later, sameModel: first.model === later.model },
    };
  } finally {
    // Go makes its module cache read-only
    await runTool('chmod', ['-R', 'u+w', folder], { seconds: CLONE_SECONDS });
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
