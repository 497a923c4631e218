// Building a toolset from the Go module proxy into the cache, once, whoever asks and however many ask at once.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MusterError } from '@muster/protocol';
import { hasCode } from '../error-code.ts';
import type { Note } from '../progress.ts';
import { identifyProcess, isRunning, parseIdentity } from '../supervise/process-identity.ts';
import { waitUntil } from '../wait-until.ts';
import type { Toolset } from './toolset.ts';

/** Another process may be building: as long as a slow machine takes. */
const BUILD_SECONDS = 1800;

/** The folder of a toolset's finished build. It is renamed into place, so that it exists only when complete. */
export async function builtFolder(cache: string, toolset: Toolset, version: string): Promise<string> {
  const sources = moduleFolder(toolset);
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) {
    hash.update(await readFile(join(sources, file)));
  }
  const key = `${version}-${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 12)}`;
  return join(cache, toolset.module, key);
}

export async function isBuilt(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return false;
    }
    throw error;
  }
}

/**
 * Builds a toolset, or waits for the process that does.
 * @throws MusterError ERR_FABRIC_MISSING when there is no Go, ERR_FABRIC_BUILD with the end of Go's output
 */
export async function buildToolset(
  folder: string,
  toolset: Toolset,
  version: string,
  note: Note,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const lock = `${folder}.lock`;
  const waitedFor = `the build of ${toolset.module} by another process (${lock})`;
  await waitUntil({ waitedFor, seconds: BUILD_SECONDS, pollMs: 200 }, () => takeLock(lock));
  try {
    if (!(await isBuilt(folder))) {
      const unfinished = `${folder}.unfinished`;
      await rm(unfinished, { recursive: true, force: true });
      await goInstall(unfinished, toolset, version, note, env);
      await rename(unfinished, folder);
    }
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<void> {
  const self = identifyProcess(process.pid);
  try {
    const file = await open(lock, 'wx', 0o600);
    await file.writeFile(JSON.stringify(self));
    await file.close();
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      throw error;
    }
    if (!(await isHeld(lock))) {
      await rm(lock, { force: true });
    }
    throw new Error('the lock is held', { cause: error });
  }
}

async function isHeld(lock: string): Promise<boolean> {
  const text = await readFile(lock, 'utf8');
  // Empty for the moment between its making and its writing.
  return text === '' || isRunning(parseIdentity(lock, text));
}

function goInstall(into: string, toolset: Toolset, version: string, note: Note, env: NodeJS.ProcessEnv): Promise<void> {
  const flags = `-s -w -X ${toolset.versionVariable}=${version}`;
  // -v names each package as it is compiled, which is what progress can be told by.
  const child = spawn('go', ['install', '-v', '-trimpath', '-mod=readonly', '-ldflags', flags, 'tool'], {
    cwd: moduleFolder(toolset),
    env: { ...env, GOBIN: into, CGO_ENABLED: toolset.needsC ? '1' : '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const last: string[] = [];
  let downloaded = 0;
  let compiled = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    last.push(line);
    last.splice(0, last.length - 20);
    if (line.startsWith('go: downloading')) {
      downloaded += 1;
    } else {
      compiled += 1;
    }
    if ((downloaded + compiled) % 25 === 0) {
      note(compiled === 0 ? `${downloaded} modules downloaded` : `${compiled} packages compiled`);
    }
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(hasCode(cause, 'ENOENT') ? missing(toolset, cause) : cause);
    });
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new MusterError('ERR_FABRIC_BUILD', { module: toolset.module, output: last.join('\n') }));
      }
    });
  });
}

function missing(toolset: Toolset, cause: unknown): MusterError {
  const install =
    `install Go 1.26 or later${toolset.needsC ? ' and a C compiler' : ''}, from which Muster builds it, ` +
    `or put ${toolset.module} ${toolset.accepts}x (${toolset.tools.join(', ')}) on PATH`;
  return new MusterError('ERR_FABRIC_MISSING', { missing: toolset.tools.join(', '), install }, { cause });
}

function moduleFolder(toolset: Toolset): string {
  return fileURLToPath(new URL(`../../fabric/${toolset.module}`, import.meta.url));
}
