// The guard's process: `node guard.ts RUN_FOLDER LOG_FOLDER`. It starts the supervisor again when that was killed; the
// supervisor does the same for it. It ends when no supervisor is to run any more.
import { setTimeout as delay } from 'node:timers/promises';
import { readSupervisorRecord } from './node-record.ts';
import { guardPidName, readPidFile, removePidFile, supervisorPidName, writePidFile } from './pid-file.ts';
import { identifyProcess } from './process-identity.ts';
import { spawnDetached } from './spawn-detached.ts';

const POLL_MS = 200;
/** A supervisor that was started is given so long to note that it runs. */
const START_MS = 10_000;

const [runFolder, logFolder] = process.argv.slice(2);
if (runFolder === undefined || logFolder === undefined) {
  throw new TypeError('usage: guard.ts RUN_FOLDER LOG_FOLDER');
}
const self = identifyProcess(process.pid);
if (self === undefined) {
  throw new TypeError('this process has no start time');
}
writePidFile(runFolder, guardPidName, self);
process.on('SIGHUP', () => undefined);

let startedAt = -Infinity;
while (readSupervisorRecord(runFolder) !== undefined) {
  const isDead = readPidFile(runFolder, supervisorPidName) === undefined;
  if (isDead && performance.now() - startedAt > START_MS) {
    startedAt = performance.now();
    spawnDetached('daemon.ts', { run: runFolder, log: logFolder }, ['again']);
  } else if (!isDead) {
    startedAt = -Infinity;
  }
  await delay(POLL_MS);
}
removePidFile(runFolder, guardPidName);
