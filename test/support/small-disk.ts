// A disk that is soon full: a file system in memory of a few MiB, where the system lets this process mount one.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Takes all room but some bytes. */
  fill(leave: number): void;
  /** Gives it back. */
  empty(): void;
  remove(): void;
}

/** Puts a folder onto a disk: what it holds now is copied, and its path leads there. Whoever writes to it is stopped meanwhile. */
export function moveOnto({ folder }: SmallDisk, path: string): void {
  const there = join(folder, 'moved');
  cpSync(path, there, { recursive: true });
  renameSync(path, `${path}.before`);
  symlinkSync(there, path);
}

/** @returns undefined where mounting is not allowed */
export function mountSmallDisk(mebibytes: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'muster-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  return {
    folder,
    fill(leave) {
      const { bavail, bsize } = statfsSync(folder);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
      } catch (error) {
        // whoever else writes meanwhile takes of the same room: then it is full, which was asked for
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    empty: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync('umount', ['--lazy', folder], { stdio: 'ignore' });
      if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
    },
  };
}
