// A Docker engine of the test's own: its data, socket and process lie in one folder and go with it.

import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { existsSync } from 'node:fs';
import { waitUntil } from '../../network/src/index.ts';

const run = promisify(execFile);
const START_SECONDS = 60;
const STOP_SECONDS = 60;
const BUFFER = 64 * 1024 * 1024;

export interface Engine {
  readonly folder: string;
  /** Runs a program that talks to this engine. @returns what it wrote to stdout */
  call(program: string, ...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** The path of a program of the system; Debian's come before others, since client and engine should be of one release. */
export function findProgram(name: string): string | undefined {
  const folders = ['/usr/bin', '/usr/sbin', ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Why no engine can be started here; undefined when one can. */
export function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'an engine is started as root only';
  const missing = ['dockerd', 'docker', 'docker-compose'].filter((name) => findProgram(name) === undefined);
  return missing.length > 0 ? `no ${missing.join(', ')} (Debian: docker.io, docker-compose)` : undefined;
}

/** @throws MusterError ERR_WAIT_EXPIRED with the engine's last words when it does not start */
export async function startEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-engine-'));
  const socket = `unix://${join(folder, 'socket')}`;
  await mkdir(join(folder, 'home'));
  const env = {
    ...{ PATH: process.env['PATH'] ?? '', DOCKER_HOST: socket, DOCKER_BUILDKIT: '1' },
    ...{ HOME: join(folder, 'home'), COMPOSE_HTTP_TIMEOUT: '600' },
  };
  const call = async (program: string, ...args: string[]): Promise<string> => {
    const { stdout } = await run(findProgram(program) ?? program, args, { env, maxBuffer: BUFFER });
    return stdout;
  };
  const log = openSync(join(folder, 'log'), 'a');
  // containers reach each other over bridges; packet filters of the machine are left alone
  const daemon = spawn(
    findProgram('dockerd') ?? 'dockerd',
    [
      ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--host', socket],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
    ],
    { stdio: ['ignore', log, log] },
  );
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await waitUntil({ waitedFor: 'the engine to end', seconds: STOP_SECONDS }, () => {
      if (daemon.exitCode === null && daemon.signalCode === null) throw new Error('it is running');
      return Promise.resolve();
    });
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil({ waitedFor: `the engine (${join(folder, 'log')})`, seconds: START_SECONDS }, () =>
      call('docker', 'info'),
    );
  } catch (error) {
    daemon.kill('SIGKILL');
    throw error;
  }
  return { folder, call, stop };
}
