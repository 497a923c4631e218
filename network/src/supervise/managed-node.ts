// One node under supervision: start and wait until ready, restart with growing pauses when it dies, stop or kill.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MusterError } from '@muster/protocol';
import { Giveup, waitUntil } from '../wait-until.ts';
import type { NodeSpec, NodeState, NodeStatus } from './node-spec.ts';
import { removePidFile, writePidFile } from './pid-file.ts';
import { identifyProcess } from './process-identity.ts';
import { probe } from './readiness.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A node that lived this long is healthy: the next pause is the first again. */
const HEALTHY_MS = 10_000;
const LAST_LINES = 15;

export interface ManagedNode {
  readonly spec: NodeSpec;
  /** Resolves when ready. @throws MusterError ERR_NODE_FAILED when it exits first or is not ready in time */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(restart: boolean): Promise<void>;
  status(): NodeStatus;
}

export function createManagedNode(spec: NodeSpec, folders: { run: string; log: string }): ManagedNode {
  const logFile = join(folders.log, `${spec.name}.log`);
  let state: NodeState = 'stopped';
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let wanted = false;
  let restarts = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let readySeconds: number | undefined;

  async function launch(): Promise<void> {
    const began = performance.now();
    state = 'starting';
    const log = openSync(logFile, 'a', 0o600);
    const from = fstatSync(log).size;
    const own = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child = own;
    let exit: string | undefined;
    ended = new Promise((resolve) => {
      const finish = (reason: string): void => {
        if (exit !== undefined) {
          return;
        }
        exit = reason;
        removePidFile(folders.run, spec.name);
        child = undefined;
        resolve();
        afterEnd(performance.now() - began);
      };
      own.once('error', (error) => finish(`could not be started: ${error.message}`));
      own.once('exit', (code, signal) => finish(`ended with ${signal ?? `exit code ${code ?? '?'}`}`));
    });
    if (own.pid !== undefined) {
      const identity = identifyProcess(own.pid);
      if (identity !== undefined) {
        writePidFile(folders.run, spec.name, identity);
      }
    }
    try {
      await waitUntil({ waitedFor: `${spec.name} to be ready`, seconds: spec.readySeconds }, async () => {
        if (exit !== undefined) {
          throw new Giveup(failure(exit));
        }
        await probe(spec.readiness, { file: logFile, from });
      });
    } catch (error) {
      if (exit === undefined) {
        await end('SIGTERM');
        throw failure(error instanceof Error ? error.message : String(error));
      }
      throw error;
    }
    // It may have ended while the last probe was under way.
    if (child === own) {
      state = 'ready';
      readySeconds = (performance.now() - began) / 1000;
    }
  }

  function failure(reason: string): MusterError {
    return new MusterError('ERR_NODE_FAILED', { node: spec.name, reason, log: logFile, lines: lastLines(logFile) });
  }

  /** A node that died while wanted comes back after a pause. The first start reports its failure instead. */
  function afterEnd(livedMs: number): void {
    const wasReady = state === 'ready';
    if (!wanted || !spec.restart || (!wasReady && restarts === 0)) {
      state = wanted ? 'failed' : 'stopped';
      return;
    }
    state = 'waiting';
    restarts += 1;
    pauseMs = livedMs > HEALTHY_MS ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    void relaunch(pauseMs);
  }

  async function relaunch(afterMs: number): Promise<void> {
    await delay(afterMs);
    if (wanted && state === 'waiting') {
      await launch().catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      });
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === undefined) {
      return;
    }
    const own = child;
    own.kill(signal);
    const hammer = setTimeout(() => own.kill('SIGKILL'), spec.stopSeconds * 1000);
    await ended;
    clearTimeout(hammer);
  }

  return {
    spec,
    async start() {
      if (wanted && state !== 'failed') {
        return;
      }
      wanted = true;
      restarts = 0;
      pauseMs = FIRST_PAUSE_MS;
      try {
        await launch();
      } catch (error) {
        wanted = false;
        state = 'failed';
        throw error;
      }
    },
    async stop() {
      wanted = false;
      if (child !== undefined) {
        state = 'stopping';
      }
      await end('SIGTERM');
      state = 'stopped';
    },
    async kill(restart) {
      wanted = wanted && restart;
      await end('SIGKILL');
    },
    status() {
      return {
        name: spec.name,
        kind: spec.kind,
        state,
        restarts,
        log: logFile,
        ...(child?.pid === undefined ? {} : { pid: child.pid }),
        ...(readySeconds === undefined ? {} : { readySeconds }),
      };
    },
  };
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
