// The processes of one Flower deployment: started with a log each, and all ended together, whatever they started.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMusterError, MusterError } from '@muster/protocol';
import { waitUntil } from '../network/src/wait-until.ts';

export interface FlowerProcesses {
  /** Starts a program of the environment; its output goes to `<name>.log`. */
  start(name: string, program: string, args: readonly string[]): void;
  /** Resolves with the exit code of a started program. */
  ended(name: string): Promise<number | null>;
  /** @throws MusterError ERR_NODE_FAILED naming the first of those programs that is no longer running */
  requireRunning(names: readonly string[]): Promise<void>;
  /** The error for a program that failed, with the end of its log. */
  failure(name: string, reason: string): Promise<MusterError>;
  /**
   * Ends all of them and everything they started; resolves when nothing is left. The one started first ends last: the
   * others take their leave of it, and would wait for it in vain.
   */
  stopAll(): Promise<void>;
}

/** Every descendant inherits it, so that those in sessions of their own are found too. */
const MARK = 'MUSTER_BENCH_PEER';
const GRACE_SECONDS = 10;
const KILL_SECONDS = 5;
const TAIL_LINES = 15;

/** @param folder where the logs go @param env of the programs */
export function createFlowerProcesses(folder: string, env: NodeJS.ProcessEnv): FlowerProcesses {
  const mark = randomUUID();
  const children = new Map<string, { child: ChildProcess; ended: Promise<number | null> }>();
  const logOf = (name: string): string => join(folder, `${name}.log`);

  const failure = async (name: string, reason: string): Promise<MusterError> => {
    const lines = (await readFile(logOf(name), 'utf8')).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
    return new MusterError('ERR_NODE_FAILED', { node: name, reason, log: logOf(name), lines });
  };

  const isRunning = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
    pid !== undefined && exitCode === null && signalCode === null;

  const signalAll = (signal: NodeJS.Signals, names: readonly string[] = [...children.keys()]): void => {
    for (const name of names) {
      const child = children.get(name)?.child;
      if (child !== undefined && isRunning(child)) child.kill(signal);
    }
  };

  const requireEnded = (names: readonly string[]): void => {
    const running = names.filter((name) => isRunning(children.get(name)?.child ?? neverStarted(name)));
    if (running.length > 0) throw new Error(`${running.join(', ')} still running`);
  };

  const requireNothingLeft = async (): Promise<void> => {
    requireEnded([...children.keys()]);
    const left = await markedProcesses(mark);
    if (left.length > 0) throw new Error(`processes ${left.join(', ')} left`);
  };

  return {
    start(name, program, args) {
      const log = openSync(logOf(name), 'a', 0o600);
      // Groups of their own: a Ctrl-C reaches this process alone, which then ends them in order.
      const options = { detached: true, env: { ...env, [MARK]: mark }, cwd: folder };
      const child = spawn(program, args, { ...options, stdio: ['ignore', log, log] });
      closeSync(log);
      const ended = new Promise<number | null>((resolve) => {
        child.once('error', () => resolve(null)); // could not be run: as good as ended at once
        child.once('exit', (code) => resolve(code));
      });
      children.set(name, { child, ended });
    },
    ended: (name) => (children.get(name) ?? neverStarted(name)).ended,
    async requireRunning(names) {
      for (const name of names) {
        const entry = children.get(name);
        if (entry === undefined || !isRunning(entry.child)) {
          throw await failure(name, 'is not running');
        }
      }
    },
    failure,
    async stopAll() {
      const [first = [], ...others] = [...children.keys()].map((name) => [name]);
      try {
        for (const names of [others.flat(), first]) {
          signalAll('SIGTERM', names);
          const waitedFor = `${names.join(', ')} to end`;
          await waitUntil({ waitedFor, seconds: GRACE_SECONDS }, () =>
            Promise.resolve().then(() => requireEnded(names)),
          );
        }
        for (const pid of await markedProcesses(mark)) kill(pid, 'SIGTERM');
        await waitUntil({ waitedFor: 'what they started to end', seconds: GRACE_SECONDS }, requireNothingLeft);
      } catch (error) {
        if (!isMusterError(error, 'ERR_WAIT_EXPIRED')) throw error;
        signalAll('SIGKILL');
        for (const pid of await markedProcesses(mark)) kill(pid, 'SIGKILL');
        const waitedFor = 'every process of Flower to end when killed';
        await waitUntil({ waitedFor, seconds: KILL_SECONDS }, requireNothingLeft);
      }
    },
  };
}

function neverStarted(name: string): never {
  throw new TypeError(`${name} was never started`);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ended by itself meanwhile
  }
}

/**
 * Processes whose environment bears the mark. Empty on systems without /proc: there Flower's own watch over its
 * parent's id is relied on.
 */
async function markedProcesses(mark: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readOr([], () => readdir('/proc'))) {
    if (!/^\d+$/.test(entry)) continue;
    const environment = await readOr('', () => readFile(`/proc/${entry}/environ`, 'utf8'));
    if (environment.split('\0').includes(`${MARK}=${mark}`)) found.push(Number(entry));
  }
  return found;
}

/** What was read, or `absent` where a process is gone, a zombie or another user's. */
async function readOr<T>(absent: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return absent;
    throw error;
  }
}
