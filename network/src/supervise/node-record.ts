// What a supervisor notes of its nodes and of itself, so that the one after it goes on where it was killed.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../error-code.ts';
import type { NodeSpec } from './node-spec.ts';

const SUFFIX = '.node.json';
const SELF = 'supervisor.json';

/** A node as it was last commanded. */
export interface NodeRecord {
  readonly spec: NodeSpec;
  /** whether it is to run */
  readonly wanted: boolean;
  readonly restarts: number;
  /** where in its log the present start's part begins */
  readonly logFrom: number;
}

/** The supervisor itself. */
export interface SupervisorRecord {
  /** the pid of the process that the network ends with; null where it stays */
  readonly owner: number | null;
}

function write(runFolder: string, file: string, content: object): void {
  mkdirSync(runFolder, { recursive: true, mode: 0o700 });
  const path = join(runFolder, file);
  writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function writeNodeRecord(runFolder: string, record: NodeRecord): void {
  write(runFolder, record.spec.name + SUFFIX, record);
}

export function writeSupervisorRecord(runFolder: string, record: SupervisorRecord): void {
  write(runFolder, SELF, record);
}

/** undefined where no supervisor is to run in that folder. */
export function readSupervisorRecord(runFolder: string): SupervisorRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(runFolder, SELF), 'utf8')) as SupervisorRecord;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

export function readNodeRecords(runFolder: string): NodeRecord[] {
  return namesIn(runFolder)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => JSON.parse(readFileSync(join(runFolder, file), 'utf8')) as NodeRecord);
}

/** From now on no supervisor is to run here, and none that starts finds nodes. */
export function removeRecords(runFolder: string): void {
  // the supervisor's first: whoever finds none does not look for nodes
  rmSync(join(runFolder, SELF), { force: true });
  for (const file of namesIn(runFolder)) {
    if (file.endsWith(SUFFIX)) rmSync(join(runFolder, file), { force: true });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
