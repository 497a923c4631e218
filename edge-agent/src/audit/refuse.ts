// How the auditor says no: which record, and what is wrong with it. Everything that is checked here ends in one code.

import { isMusterError, MusterError } from '@muster/protocol';

/**
 * Ends the audit.
 * @param record block, transaction, certificate, envelope or artefact, as a person can find it
 * @throws ERR_AUDIT_FAILED
 */
export function refuse(record: string, reason: string, cause?: unknown): never {
  throw new MusterError('ERR_AUDIT_FAILED', { record, reason }, cause === undefined ? {} : { cause });
}

/**
 * Runs a check and names the record in whatever it throws. What refuses already is passed on as it is.
 * @throws ERR_AUDIT_FAILED
 */
export function within<T>(record: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (isMusterError(error, 'ERR_AUDIT_FAILED')) throw error;
    // parsers of hostile bytes throw what they like: to the auditor each is a record that cannot be read
    return refuse(record, error instanceof Error ? error.message : String(error), error);
  }
}

/** Checks equality of bytes. @throws ERR_AUDIT_FAILED */
export function requireEqual(record: string, what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) {
    refuse(record, `${what} is ${hex(actual)}, expected ${hex(expected)}`);
  }
}

function hex(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, 32)).toString('hex');
  return bytes.length > 32 ? `${text}… (${bytes.length} bytes)` : text || '(nothing)';
}
