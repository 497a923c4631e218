// `npm test`: lint, types and format, then jest's unit and network projects; ends with one line, `N passed, N failed`.
// `npm test -- unit`, `-- network` or `-- <pattern of a path>` runs that part alone; further arguments go to jest.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { compileCacheFolder } from '../network/src/fabric/cache-folder.ts';

const ROOT = join(import.meta.dirname, '..');
const MODULES = join(ROOT, 'node_modules');
/** Ends what hangs; a run that builds Fabric first, on a busy machine, must still come to its end. */
const LIMIT_MS = 30 * 60 * 1000;

interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** A program of ours, started in a process group of its own, so that all it started can be ended with it. */
interface Step {
  readonly name: string;
  readonly script: string;
  readonly options: readonly string[];
}

const ENVIRONMENT = {
  ...process.env,
  // what tests start by name is what this repository pins
  PATH: [join(MODULES, '.bin'), process.env.PATH ?? ''].join(delimiter),
  // of the workers and processes that tests start, each removes the types of some hundred files first
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCacheFolder(process.env),
};

const running = new Set<ChildProcess>();
const deadline = Date.now() + LIMIT_MS;

/** Ends a step's whole process group, by its id; a group that is gone already is as good. */
function end({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Runs a step to its end, streams its output, and says whether it exited with 0. */
function run({ name, script, options }: Step): Promise<boolean> {
  console.log(`\n── ${name}`);
  const node = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...node, join(MODULES, script), ...options], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: ENVIRONMENT,
  });
  running.add(child);
  const timer = setTimeout(
    () => {
      console.error(`${name}: ended, the whole run may take ${LIMIT_MS / 60_000} minutes`);
      end(child, 'SIGKILL');
    },
    Math.max(0, deadline - Date.now()),
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      running.delete(child);
      // whatever the step left behind
      end(child, 'SIGKILL');
      resolve(code === 0);
    });
  });
}

/** What jest's JSON report says; a suite that could not run is one failure. */
function readReport(file: string): Tally | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    const { numPassedTests = 0, numFailedTests = 0, numRuntimeErrorTestSuites = 0 } = report;
    return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function jest(name: string, options: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-test-'));
  try {
    const file = join(folder, 'report.json');
    const json = ['--json', `--outputFile=${file}`, '--passWithNoTests'];
    const ok = await run({ name, script: 'jest/bin/jest.js', options: [...options, ...json] });
    const tally = readReport(file) ?? { passed: 0, failed: 0 };
    // a coverage below its threshold, or an end before its time, fails no test but fails
    return ok || tally.failed > 0 ? tally : { ...tally, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function check(step: Step): Promise<Tally> {
  return { passed: 0, failed: (await run(step)) ? 0 : 1 };
}

const cache = ['--cache', '--cache-location'];
const CHECKS: readonly Step[] = [
  { name: 'types', script: 'typescript/bin/tsc', options: ['--noEmit'] },
  {
    name: 'lint',
    script: 'eslint/bin/eslint.js',
    options: ['.', '--max-warnings=0', ...cache, join(MODULES, '.cache', 'muster', 'eslint')],
  },
  {
    name: 'format',
    script: 'prettier/bin/prettier.cjs',
    options: ['--check', '.', '--log-level=warn', ...cache, join(MODULES, '.cache', 'muster', 'prettier')],
  },
];
/** Where the gate of jest.config.mjs is, and where its tests are: each file after costs more to collect from than to test. */
const COVERED = 'protocol/src/';
const COVERAGE = ['--coverage', '--coverageReporters=text-summary'];

async function runAll(args: readonly string[]): Promise<Tally[]> {
  const [part, ...rest] = args;
  // jest leaves a processor to others by default, which is half of two
  const workers = `--maxWorkers=${availableParallelism()}`;
  const unit = (options: readonly string[]): Promise<Tally> =>
    jest('unit', [workers, ...options, '--selectProjects', 'unit']);
  const network = (options: readonly string[]): Promise<Tally> =>
    jest('network', ['--runInBand', ...options, '--selectProjects', 'network']);
  const allUnits = async (): Promise<Tally[]> => [
    await unit([...COVERAGE, '--testPathPatterns', COVERED]),
    await unit(['--testPathIgnorePatterns', COVERED, '/node_modules/']),
  ];
  if (part === 'unit') return rest.length === 0 ? allUnits() : [await unit(rest)];
  if (part === 'network') return [await network(rest)];
  if (part !== undefined) return [await jest(args.join(' '), ['--runInBand', ...args])];
  const tallies: Tally[] = [];
  // side by side: each keeps one processor busy
  tallies.push(...(await Promise.all(CHECKS.map(check))));
  tallies.push(...(await allUnits()));
  tallies.push(await network([]));
  return tallies;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    // what listens to the signal cleans up after itself; what is left when it exits is killed
    for (const child of running) end(child, signal);
    process.exitCode = 1;
  });
}

const tallies = await runAll(process.argv.slice(2));
const total = (field: keyof Tally): number => tallies.reduce((sum, tally) => sum + tally[field], 0);
if (total('failed') > 0) process.exitCode = 1;
console.log(`\n${total('passed')} passed, ${total('failed')} failed`);
