// A program of the supervisor's that outlives whoever starts it: in a process group of its own, its output in the log.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Starts a file beside this one, detached, in the run folder; what it prints is appended to `supervisor.log`. That it could not be
 * started is told on stderr; whether it runs is for the caller to see.
 * @param program - the file's name
 * @param args - its arguments after the two folders
 */
export function spawnDetached(
  program: 'daemon.ts' | 'guard.ts',
  folders: { readonly run: string; readonly log: string },
  args: readonly string[] = [],
): void {
  const log = openSync(join(folders.log, 'supervisor.log'), 'a', 0o600);
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [file, folders.run, folders.log, ...args], {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: folders.run,
  });
  closeSync(log);
  child.on('error', (error) => process.stderr.write(`${program} could not be started: ${error.message}\n`));
  child.unref();
}
