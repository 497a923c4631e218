// The supervisor's process: `node daemon.ts RUN_FOLDER LOG_FOLDER [OWNER_PID]`, started detached by `up`.
import { rmSync } from 'node:fs';
import { type Command, serveControl, socketPath } from './control.ts';
import type { NodeStatus } from './node-spec.ts';
import { removePidFile, supervisorPidName, writePidFile } from './pid-file.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { createSupervisor } from './supervisor.ts';

const OWNER_POLL_MS = 250;

const [run, log, ownerPid] = process.argv.slice(2);
if (run === undefined || log === undefined) {
  throw new TypeError('usage: daemon.ts RUN_FOLDER LOG_FOLDER [OWNER_PID]');
}
const runFolder = run;
const supervisor = createSupervisor({ run: runFolder, log });
const path = socketPath(runFolder);
let owner: ProcessIdentity | 'nobody' | 'gone' = ownerPid === undefined ? 'nobody' : identify(Number(ownerPid));
let ending: Promise<void> | undefined;

const self = identifyProcess(process.pid);
if (self === undefined) {
  throw new TypeError('this process has no start time');
}
writePidFile(runFolder, supervisorPidName, self);
const server = await serveControl(path, handle);

const watch = setInterval(() => {
  if (owner === 'gone' || (owner !== 'nobody' && !isRunning(owner))) {
    void shutDown();
  }
}, OWNER_POLL_MS);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => void shutDown());
}
// The terminal it was started from may close; the network stays.
process.on('SIGHUP', () => undefined);

async function handle(command: Command): Promise<NodeStatus[]> {
  switch (command.command) {
    case 'start':
      await supervisor.start(command.spec);
      break;
    case 'start-again':
      await supervisor.startAgain(command.name);
      break;
    case 'stop':
      await supervisor.stop(command.name);
      break;
    case 'kill':
      await supervisor.kill(command.name, command.restart);
      break;
    case 'own':
      owner = command.owner === null ? 'nobody' : identify(command.owner);
      break;
    case 'shutdown':
      await shutDown();
      break;
    case 'status':
      break;
  }
  return supervisor.status();
}

function shutDown(): Promise<void> {
  ending ??= (async () => {
    clearInterval(watch);
    await supervisor.stopAll();
    rmSync(path, { force: true });
    removePidFile(runFolder, supervisorPidName);
    // Lets the answer to `shutdown` out; with the server closed nothing keeps the process.
    server.close();
  })();
  return ending;
}

function identify(pid: number): ProcessIdentity | 'gone' {
  return identifyProcess(pid) ?? 'gone';
}
