// A process by pid and start time, since a pid alone may have been given to another process by now.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseJson } from '@muster/protocol';
import { z } from 'zod';
import { hasCode } from '../error-code.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it: ticks since boot on Linux, a date elsewhere. */
  readonly startTime: string;
}

const identitySchema = z.strictObject({ pid: z.int().min(1), startTime: z.string().min(1) });

/**
 * Reads an identity as pid files and locks hold it. A pid of 0 or less would name a group of processes.
 * @throws ERR_DOCUMENT_INVALID
 */
export function parseIdentity(file: string, text: string | Uint8Array): ProcessIdentity {
  return parseJson(file, identitySchema, text);
}

/** The identity of a running process; undefined when there is none (a zombie counts as none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : portableStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  return identifyProcess(pid)?.startTime === startTime;
}

/** Sends a signal to exactly that process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(identity)) {
    return false;
  }
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) {
      return false;
    }
    throw error;
  }
}

function linuxStartTime(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) {
      return undefined;
    }
    throw error;
  }
  // The second field is the command in parentheses and may hold spaces: count from its end. State is field 3, start 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function portableStartTime(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch (error) {
    if (hasCode(error, 'ESRCH') || (typeof error === 'object' && error !== null && 'status' in error)) {
      return undefined;
    }
    throw error;
  }
}
