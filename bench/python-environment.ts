// A peer's Python environment, made once in the cache folder from its pinned requirements.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MusterError } from '@muster/protocol';
import { cacheFolder } from '../network/src/fabric/cache-folder.ts';
import type { Note } from '../network/src/progress.ts';

export interface PythonEnvironment {
  /** Folder of python and of the packages' programs. */
  readonly bin: string;
  /** The versions measured: package to version. */
  readonly versions: Readonly<Record<string, string>>;
}

/** pip tells files as it handles them; of its output this is worth showing. */
const WORTH_NOTING = /^(Collecting|Downloading|Using cached|Installing|Successfully)/;
const TAIL_LINES = 20;

/**
 * Makes the environment of `peers/<peer>/requirements.txt` unless it is there already.
 * @throws MusterError ERR_TOOL_FAILED when python3 (3.10 or newer, with venv) or pip fails
 */
export async function ensurePython(peer: string, note: Note, signal: AbortSignal): Promise<PythonEnvironment> {
  const file = fileURLToPath(new URL(`peers/${peer}/requirements.txt`, import.meta.url));
  const requirements = await readFile(file, 'utf8');
  const folder = join(cacheFolder(process.env), 'peers', peer);
  const venv = join(folder, 'venv');
  const bin = join(venv, 'bin');
  const marker = join(folder, 'ready');
  const digest = createHash('sha256').update(requirements).digest('hex');
  if ((await readIfThere(marker)) !== digest) {
    await mkdir(folder, { recursive: true });
    // Scripts name their interpreter by its full path, so the environment is made in its place, and marked when whole.
    note('python3 -m venv');
    await runNoted('python3', ['-m', 'venv', '--clear', venv], note, signal);
    const pip = ['-m', 'pip', 'install', '--progress-bar', 'off', '--disable-pip-version-check', '-r', file];
    await runNoted(join(bin, 'python'), pip, note, signal);
    await writeFile(marker, digest);
  }
  return { bin, versions: pinnedVersions(requirements) };
}

/** The packages and versions of a requirements file whose lines are `name==version`. */
export function pinnedVersions(requirements: string): Record<string, string> {
  const lines = requirements.split('\n').map((line) => line.trim());
  const pins = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('=='));
  return Object.fromEntries(
    pins.map(([name, version]) => {
      if (name === undefined || version === undefined) throw new TypeError('every requirement must be pinned by ==');
      return [name, version];
    }),
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function runNoted(command: string, args: readonly string[], note: Note, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (reason: string, output: string, cause?: unknown): void => {
      const tool = [basename(command), ...args.slice(0, 3)].join(' ');
      reject(new MusterError('ERR_TOOL_FAILED', { tool, reason, output }, { cause }));
    };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    const tail: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        tail.splice(0, Math.max(0, tail.length - TAIL_LINES + 1));
        tail.push(line);
        if (WORTH_NOTING.test(line)) note(line.slice(0, 80));
      });
    }
    child.once('error', (cause) => failed(signal.aborted ? 'was ended' : 'could not be run', cause.message, cause));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else failed(`exited with ${String(code)}`, tail.join('\n'));
    });
  });
}
