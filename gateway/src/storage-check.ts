// Whether the gateway's disk takes anything still: tried by writing, since free space, quotas and limits all end there.

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './routes/health.ts';

/** More than one block of any file system, less than anybody would miss. */
const BYTES = 64 * 1024;

/** A check that writes to a folder and takes it back. */
export function storageCheck(folder: string): Check {
  const file = join(folder, 'room');
  return async () => {
    try {
      await writeFile(file, Buffer.alloc(BYTES), { mode: 0o600 });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await rm(file, { force: true }).catch(() => undefined);
    }
  };
}
