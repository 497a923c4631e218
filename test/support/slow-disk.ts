// A disk that is slow, for one process that runs: the system holds each of its calls that wait for the disk for a while longer. strace
// does that to programs in Go as well as in Node.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { waitUntil } from '@muster/network';

/** How much longer calls take, milliseconds. */
export interface Slowness {
  /** each sync: what waits until the disk has it */
  readonly syncMs: number;
  /** each write at a place of a file, as databases do it: it waits for the disk where the system's memory for writes is full */
  readonly writeMs?: number;
}

const SYNCS = 'fsync,fdatasync,sync_file_range,msync';
const ATTACHED_SECONDS = 30;

/** What strace is told, before whom to trace. */
function tracing({ syncMs, writeMs = 0 }: Slowness): string[] {
  const slow = (calls: string, ms: number): string[] =>
    ms === 0 ? [] : ['-e', `inject=${calls}:delay_exit=${ms * 1000}`];
  const traced = writeMs === 0 ? SYNCS : `${SYNCS},pwrite64`;
  return [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${traced}`,
    ...slow(SYNCS, syncMs),
    ...slow('pwrite64', writeMs),
  ];
}

/** Whether somebody traces a process. */
function isTraced(pid: number): boolean {
  return !/^TracerPid:\t0$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/**
 * Slows the disk of a process down; that ends with the process, too.
 * @returns makes it as fast as before
 * @throws ERR_WAIT_EXPIRED where it cannot be traced in time, Error where it may not be
 */
export async function slowDisk(pid: number, slowness: Slowness): Promise<() => Promise<void>> {
  const tracer = spawn('strace', [...tracing(slowness), '-p', String(pid)], { stdio: 'ignore' });
  const ended = new Promise<string>((resolve) => {
    tracer.once('exit', (code) => resolve(`strace ended with ${code ?? 'a signal'}`));
    tracer.once('error', (error) => resolve(error.message));
  });
  const attached = waitUntil({ waitedFor: `a tracer of process ${pid}`, seconds: ATTACHED_SECONDS }, () =>
    isTraced(pid) ? Promise.resolve() : Promise.reject(new Error('it is not traced')),
  );
  const failure = await Promise.race([attached, ended]);
  if (failure !== undefined) throw new Error(failure);
  return async () => {
    // it lets go of the process first
    tracer.kill('SIGTERM');
    await ended;
  };
}

/** Whether this machine lets one process slow another's calls down. */
export async function canSlowDisk(): Promise<boolean> {
  const idle = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  try {
    const end = await slowDisk(idle.pid ?? 0, { syncMs: 1 });
    await end();
    return true;
  } catch {
    return false;
  } finally {
    idle.kill('SIGKILL');
  }
}
