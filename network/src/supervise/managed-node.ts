// One node under supervision: start and wait until ready, restart with growing pauses when it dies, stop or kill. What is to
// become of it is noted, so that a supervisor that comes after a killed one takes the node over as it runs.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MusterError } from '@muster/protocol';
import { hasCode } from '../error-code.ts';
import { Giveup, waitUntil } from '../wait-until.ts';
import { adoptProcess, type NodeProcess, startProcess } from './node-process.ts';
import { type NodeRecord, writeNodeRecord } from './node-record.ts';
import type { NodeSpec, NodeState, NodeStatus } from './node-spec.ts';
import { readPidFile, removePidFile, writePidFile } from './pid-file.ts';
import { isRunning } from './process-identity.ts';
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
  /** Goes on with a node that an earlier supervisor had: as it runs, or by starting it again. */
  takeOver(record: NodeRecord): void;
  stop(): Promise<void>;
  kill(restart: boolean): Promise<void>;
  status(): NodeStatus;
  /** As `status`, but a node that was ready is asked whether it still is. */
  check(): Promise<NodeStatus>;
}

export function createManagedNode(spec: NodeSpec, folders: { run: string; log: string }): ManagedNode {
  const logFile = join(folders.log, `${spec.name}.log`);
  let state: NodeState = 'stopped';
  let running: NodeProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let wanted = false;
  let restarts = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let readySeconds: number | undefined;
  let failedBy: string | undefined;
  let logFrom = 0;

  const want = (now: boolean): void => {
    wanted = now;
    note();
  };
  const note = (): void => writeNodeRecord(folders.run, { spec, wanted, restarts, logFrom });

  async function launch(): Promise<void> {
    logFrom = sizeOf(logFile);
    note();
    const own = startProcess(spec, logFile);
    if (own.identity !== undefined) writePidFile(folders.run, spec.name, own.identity);
    await attend(own);
  }

  /** Watches a process until it is ready; its end is answered for as long as it lives. */
  async function attend(own: NodeProcess): Promise<void> {
    const began = performance.now();
    state = 'starting';
    running = own;
    let exit: string | undefined;
    ended = own.ended.then((reason) => {
      exit = reason;
      removePidFile(folders.run, spec.name);
      running = undefined;
      afterEnd(performance.now() - began);
    });
    try {
      await waitUntil({ waitedFor: `${spec.name} to be ready`, seconds: spec.readySeconds }, async () => {
        if (exit !== undefined) {
          throw new Giveup(failure(exit));
        }
        await probe(spec.readiness, { file: logFile, from: logFrom });
      });
    } catch (error) {
      if (exit === undefined) {
        await end('SIGTERM');
        const late = failure(error instanceof Error ? error.message : String(error));
        failedBy = late.details.reason;
        throw late;
      }
      failedBy = exit;
      throw error;
    }
    failedBy = undefined;
    // It may have ended while the last probe was under way.
    if (running === own) {
      state = 'ready';
      readySeconds = (performance.now() - began) / 1000;
    }
  }

  function failure(reason: string): MusterError<'ERR_NODE_FAILED'> {
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
      await launch().catch(tell);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (running === undefined) {
      return;
    }
    const own = running;
    own.signal(signal);
    const hammer = setTimeout(() => own.signal('SIGKILL'), spec.stopSeconds * 1000);
    await ended;
    clearTimeout(hammer);
  }

  function status(): NodeStatus {
    const identity = running?.identity;
    // a busy machine tells of the end of a process late; who asks meanwhile is not told of what is no more
    const dead = state === 'ready' && identity !== undefined && !isRunning(identity);
    const pid = dead ? undefined : identity?.pid;
    return {
      name: spec.name,
      kind: spec.kind,
      state: dead ? (wanted && spec.restart ? 'waiting' : 'failed') : state,
      restarts,
      log: logFile,
      ...(pid === undefined ? {} : { pid }),
      ...(readySeconds === undefined ? {} : { readySeconds }),
      ...whyNot(),
    };
  }

  /** Why the last start failed; a node that was stopped does not run for another reason. */
  function whyNot(): Pick<NodeStatus, 'why'> {
    return failedBy === undefined || state === 'stopped' ? {} : { why: failedBy };
  }

  return {
    spec,
    status,
    async start() {
      if (wanted && state !== 'failed') {
        return;
      }
      restarts = 0;
      pauseMs = FIRST_PAUSE_MS;
      wanted = true;
      try {
        await launch();
      } catch (error) {
        want(false);
        state = 'failed';
        throw error;
      }
    },
    takeOver(record) {
      ({ wanted, restarts, logFrom } = record);
      const identity = readPidFile(folders.run, spec.name);
      if (identity !== undefined) {
        void attend(adoptProcess(identity)).catch(tell);
      } else if (wanted) {
        state = 'waiting';
        restarts += 1;
        void relaunch(0);
      }
    },
    async stop() {
      want(false);
      if (running !== undefined) {
        state = 'stopping';
      }
      await end('SIGTERM');
      state = 'stopped';
    },
    async kill(restart) {
      want(wanted && restart);
      await end('SIGKILL');
    },
    async check() {
      const before = status();
      if (before.state !== 'ready') return before;
      try {
        await probe(spec.readiness, { file: logFile, from: logFrom });
        return status();
      } catch (error) {
        const now = status();
        const why = error instanceof Error ? error.message : String(error);
        return now.state === 'ready' ? { ...now, state: 'unready', why } : now;
      }
    },
  };
}

function tell(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 0;
    throw error;
  }
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
