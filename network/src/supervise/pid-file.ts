// Pid files: one a node, so that whoever comes after a killed supervisor can end what it left.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from '../error-code.ts';
import { removeRecords } from './node-record.ts';
import { type ProcessIdentity, isRunning, parseIdentity, signalProcess } from './process-identity.ts';

const SUFFIX = '.pid';

export function writePidFile(runFolder: string, name: string, identity: ProcessIdentity): void {
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const path = join(runFolder, name + SUFFIX);
  writeFileSync(`${path}.new`, JSON.stringify(identity), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removePidFile(runFolder: string, name: string): void {
  rmSync(join(runFolder, name + SUFFIX), { force: true });
}

/** The process a pid file names, if it is running still. */
export function readPidFile(runFolder: string, name: string): ProcessIdentity | undefined {
  return pidFiles(runFolder).find((file) => file.name === name && isRunning(file.identity))?.identity;
}

/**
 * Ends every process that pid files name: SIGTERM, then SIGKILL after `seconds`; then removes the files.
 * @returns the names of those that were running
 */
export async function sweepPidFiles(runFolder: string, seconds: number): Promise<string[]> {
  removeRecords(runFolder);
  const files = pidFiles(runFolder);
  // The guard and the supervisor first and at once, lest they restart what is ended here.
  for (const watcher of [guardPidName, supervisorPidName]) {
    files.filter(({ name }) => name === watcher).forEach(({ identity }) => signalProcess(identity, 'SIGKILL'));
  }
  const left = files.filter(({ identity }) => signalProcess(identity, 'SIGTERM'));
  const deadline = performance.now() + seconds * 1000;
  while (left.some(({ identity }) => isRunning(identity)) && performance.now() < deadline) {
    await delay(20);
  }
  left.forEach(({ identity }) => signalProcess(identity, 'SIGKILL'));
  files.forEach(({ name }) => removePidFile(runFolder, name));
  return left.map(({ name }) => name);
}

/** The supervisor's own pid file, and its guard's. */
export const supervisorPidName = 'supervisor';
export const guardPidName = 'guard';

function pidFiles(runFolder: string): { name: string; identity: ProcessIdentity }[] {
  let names: string[];
  try {
    names = readdirSync(runFolder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return [];
    }
    throw error;
  }
  return names
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => ({
      name: file.slice(0, -SUFFIX.length),
      identity: parseIdentity(join(runFolder, file), readFileSync(join(runFolder, file))),
    }));
}
