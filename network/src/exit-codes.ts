// How the command line ends: 0 done, 1 defect, 2 refused, 3 conflict, 4 unreachable, 5 proof failed.
import { CommanderError } from 'commander';
import { type Code, type Family, isMusterError } from '@muster/protocol';

const byFamily: Readonly<Record<Family, number>> = { defect: 1, refused: 2, conflict: 3, unreachable: 4 };

/** The person, or whoever sends signals, wants the command to end: no failure of anything. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** As shells tell a command that SIGINT ended. */
const INTERRUPTED = 130;

/** A proof that does not hold is no refusal: it is the finding. */
const PROOF_FAILED: readonly Code[] = ['ERR_PROOF_INVALID', 'ERR_AUDIT_FAILED'];

export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) {
    return INTERRUPTED;
  }
  if (isMusterError(error)) {
    return PROOF_FAILED.includes(error.code) ? 5 : byFamily[error.family];
  }
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? 0 : 2;
  }
  return 1;
}

/** The line on stderr; undefined where commander has told it already. */
export function errorLine(error: unknown): string | undefined {
  if (isMusterError(error)) {
    return `muster: ${error.code}: ${error.message}`;
  }
  if (error instanceof Interrupted) {
    return 'muster: interrupted';
  }
  if (error instanceof CommanderError) {
    return undefined;
  }
  return `muster: ERR_DEFECT: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
