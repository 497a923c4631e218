// Disk that a folder takes.

import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;
const MIB = 2 ** 20;

/** MiB allocated to the files below a folder, as du tells it; 0 where there is none. Files that vanish meanwhile count nothing. */
export async function diskOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const blocks = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const found = await lstat(join(parentPath, name)).catch(() => undefined);
      return found?.blocks ?? 0;
    }),
  );
  return (blocks.reduce((sum, count) => sum + count, 0) * BLOCK_BYTES) / MIB;
}
