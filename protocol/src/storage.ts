// Telling a full disk from a defect: the one failure of storage that passes by itself, once there is room again.

import { MusterError } from './errors.ts';

/** What the system calls it: no space (ENOSPC), a quota (EDQUOT), a limit on a file's size (EFBIG). */
const FULL: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** SQLite's result codes SQLITE_FULL, and SQLITE_IOERR_WRITE, which a limit on the size of its log shows as. */
const SQLITE_FULL: readonly unknown[] = [13, 778];

/**
 * The coded error of a write that found no room; any other error as it is.
 * @param error of node:fs or node:sqlite
 * @param store what was written to, as an operator knows it
 */
export function codedStorageError(error: unknown, store: string): unknown {
  if (typeof error !== 'object' || error === null) return error;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  const full = FULL.includes(code) || (code === 'ERR_SQLITE_ERROR' && SQLITE_FULL.includes(errcode));
  return full ? new MusterError('ERR_STORAGE_FULL', { store }, { cause: error }) : error;
}
