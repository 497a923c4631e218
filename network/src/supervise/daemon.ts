// The supervisor's process: `node daemon.ts RUN_FOLDER LOG_FOLDER [OWNER_PID | again]`, started detached by `up`; `again` by
// its guard, when it was killed: it takes over what the one before it had.
import { rmSync } from 'node:fs';
import { type Command, serveControl, socketPath } from './control.ts';
import type { NodeStatus } from './node-spec.ts';
import { readNodeRecords, readSupervisorRecord, removeRecords, writeSupervisorRecord } from './node-record.ts';
import { guardPidName, readPidFile, removePidFile, supervisorPidName, writePidFile } from './pid-file.ts';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';
import { spawnDetached } from './spawn-detached.ts';
import { createSupervisor } from './supervisor.ts';

const OWNER_POLL_MS = 250;
/** A guard that was started is given so long to note that it runs. */
const GUARD_MS = 10_000;

const [run, log, ownerPid] = process.argv.slice(2);
if (run === undefined || log === undefined) {
  throw new TypeError('usage: daemon.ts RUN_FOLDER LOG_FOLDER [OWNER_PID | again]');
}
const runFolder = run;
const logFolder = log;
const before = ownerPid === 'again' ? readSupervisorRecord(run) : undefined;
if (ownerPid === 'again' && before === undefined) {
  // the network was ended meanwhile
  process.exit(0);
}
const supervisor = createSupervisor({ run: runFolder, log });
const path = socketPath(runFolder);
let owner: ProcessIdentity | 'nobody' | 'gone' = 'nobody';
setOwner(before === undefined ? (ownerPid === undefined ? null : Number(ownerPid)) : before.owner);
let guardedAt = -Infinity;
let ending: Promise<void> | undefined;

const self = identifyProcess(process.pid);
if (self === undefined) {
  throw new TypeError('this process has no start time');
}
writePidFile(runFolder, supervisorPidName, self);
if (before !== undefined) {
  for (const record of readNodeRecords(runFolder)) supervisor.takeOver(record);
}
const server = await serveControl(path, handle);

const watch = setInterval(() => {
  keepGuard();
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
      setOwner(command.owner);
      break;
    case 'shutdown':
      await shutDown();
      break;
    case 'check':
      return supervisor.check();
    case 'status':
      break;
  }
  return supervisor.status();
}

function shutDown(): Promise<void> {
  ending ??= (async () => {
    clearInterval(watch);
    removeRecords(runFolder);
    await supervisor.stopAll();
    // nodes that were stopped noted so
    removeRecords(runFolder);
    rmSync(path, { force: true });
    removePidFile(runFolder, supervisorPidName);
    // Lets the answer to `shutdown` out; with the server closed nothing keeps the process.
    server.close();
  })();
  return ending;
}

function setOwner(pid: number | null): void {
  owner = pid === null ? 'nobody' : identify(pid);
  writeSupervisorRecord(runFolder, { owner: pid });
}

/** Whoever kills the supervisor alone finds it back: a second process sees to it, and this one to that. */
function keepGuard(): void {
  if (readPidFile(runFolder, guardPidName) !== undefined) {
    guardedAt = -Infinity;
    return;
  }
  if (performance.now() - guardedAt < GUARD_MS) return;
  guardedAt = performance.now();
  spawnDetached('guard.ts', { run: runFolder, log: logFolder });
}

function identify(pid: number): ProcessIdentity | 'gone' {
  return identifyProcess(pid) ?? 'gone';
}
