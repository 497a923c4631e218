// The bench `fuzz`: every parser that meets bytes of others, on a hundred thousand inputs bent from its corpus.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { digestOf } from '@muster/protocol';
import { writeCorpus } from '../test/fuzz/corpus.ts';
import type { FuzzReport } from '../test/fuzz/fuzz.ts';
import { targets } from '../test/fuzz/targets.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import type { Told } from './fuzz/child.ts';
import { rounded } from './statistics.ts';

const CASES = 100_000;
const SEED = 1;
/** Heap of a parser's process. */
const HEAP_MIB = 256;
/** A parser that gives no sign of life for so long hangs. */
const SILENCE_MS = 30_000;

interface Found {
  readonly parser: string;
  readonly report: Omit<FuzzReport, 'failures'>;
  readonly failures: readonly { readonly index: number; readonly error: string; readonly smallest: string }[];
  readonly grownMiB: number;
  readonly peakMiB: number;
}

const child = fileURLToPath(new URL('fuzz/child.ts', import.meta.url));

function fuzzParser(parser: string, cases: number, signal: AbortSignal, note: (text: string) => void): Promise<Found> {
  const run = fork(child, [parser, String(cases), String(SEED)], {
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    signal,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    let at = 0;
    let found: Found | undefined;
    const fail = (how: string): void => {
      run.kill('SIGKILL');
      reject(new Error(`${parser} ${how} at one of the cases from ${at} on, seed ${SEED}`));
    };
    const watchdog = setTimeout(() => fail('hangs'), SILENCE_MS);
    run.on('message', (told: Told) => {
      watchdog.refresh();
      if ('at' in told) {
        ({ at } = told);
        note(`${at} of ${cases}`);
      } else {
        found = { parser, ...told };
      }
    });
    run.once('error', reject);
    run.once('exit', (code, killedBy) => {
      clearTimeout(watchdog);
      if (found === undefined) fail(`ended with ${killedBy ?? `code ${String(code)}`}`);
      else resolve(found);
    });
  });
}

/** Refusals by their codes, the most frequent first. */
function codesOf(outcomes: FuzzReport['outcomes']): string {
  return Object.entries(outcomes)
    .filter(([outcome]) => outcome !== 'accepted' && outcome !== 'failed')
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
    .join(', ');
}

function row({ parser, report, grownMiB, peakMiB }: Found): Row {
  return {
    parser,
    cases: report.cases,
    accepted: report.outcomes.accepted ?? 0,
    failed: report.outcomes.failed ?? 0,
    'slowest ms': rounded(report.slowest.milliseconds, 1),
    'grown MiB': rounded(grownMiB, 1),
    'peak MiB': rounded(peakMiB, 0),
    'refused by code': codesOf(report.outcomes),
  };
}

/** @throws TypeError for a parser that is not in the table; Error where one hangs or its process ends */
export async function run({ progress, signal, cases = CASES, parser }: BenchOptions): Promise<BenchResult> {
  const names = Object.keys(targets).filter((name) => parser === undefined || name === parser);
  if (names.length === 0) throw new TypeError(`--parser must be one of ${Object.keys(targets).join(', ')}`);
  const found: Found[] = [];
  for (const name of names) {
    found.push(await progress.step(name, (note) => fuzzParser(name, cases, signal, note)));
  }
  for (const { parser: failed, failures } of found) {
    for (const { index, error, smallest } of failures) {
      const bytes = Buffer.from(smallest, 'base64');
      const file = writeCorpus(
        failed,
        `found-${digestOf(bytes).slice('sha256:'.length, 'sha256:'.length + 12)}`,
        bytes,
      );
      progress.tell(`${failed}, case ${index}: ${error}\n  smallest input: ${file}`, 'failure');
      process.exitCode = 1;
    }
  }
  return {
    title: `Parsers on ${cases} inputs each, bent from test/corpus (seed ${SEED}); a process of ${HEAP_MIB} MiB heap each`,
    rows: found.map(row),
    figures: { seed: SEED, parsers: found.map(({ failures, ...rest }) => ({ ...rest, failures: failures.length })) },
  };
}
