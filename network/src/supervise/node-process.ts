// A process of a node: one that was started here, or one that a supervisor before this one had started.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { NodeSpec } from './node-spec.ts';
import { identifyProcess, isRunning, type ProcessIdentity, signalProcess } from './process-identity.ts';

/** How often the end of a process that is not our child is looked for. */
const POLL_MS = 100;

export interface NodeProcess {
  /** undefined where the program could not be started at all */
  readonly identity: ProcessIdentity | undefined;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  signal(signal: NodeJS.Signals): void;
}

/** Starts a node's program; what it prints is appended to the log. */
export function startProcess(spec: NodeSpec, logFile: string): NodeProcess {
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${signal ?? `exit code ${code ?? '?'}`}`));
  });
  return {
    identity: child.pid === undefined ? undefined : identifyProcess(child.pid),
    ended,
    signal: (signal) => void child.kill(signal),
  };
}

/** A process that runs already. The system tells its end to its parent only, so it is looked for. */
export function adoptProcess(identity: ProcessIdentity): NodeProcess {
  const ended = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      if (isRunning(identity)) return;
      clearInterval(timer);
      resolve('ended');
    }, POLL_MS);
  });
  return { identity, ended, signal: (signal) => void signalProcess(identity, signal) };
}
