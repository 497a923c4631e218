// Changes that are held until a round's end: in memory up to a budget, beyond it in a file that no other process sees.

import { createMemoryStore, type ChangeStore } from '@muster/protocol';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf } from '../bytes-of.ts';

/** With it and all else an aggregation of 100 updates of 10 million parameters stays below 2 GiB. */
export const HELD_BYTES = 2 ** 30;

export interface SpillingStore extends ChangeStore {
  /** Gives the memory and the file back. */
  close(): void;
}

/** Opens a file that has no name any more: it is gone with its descriptor, however the process ends. */
function openNameless(): number {
  const folder = mkdtempSync(join(tmpdir(), 'muster-held-'));
  try {
    return openSync(join(folder, 'changes'), 'wx+', 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads or writes until all is done: one call may do a part. */
function wholly(bytes: number, step: (done: number) => number): void {
  for (let done = 0; done < bytes;) done += step(done);
}

/** @param budget bytes of changes that memory may take */
export function createSpillingStore(budget = HELD_BYTES): SpillingStore {
  const memory = createMemoryStore();
  let held = 0;
  let file: number | undefined;
  let end = 0;
  const spill = (change: Int32Array): number => {
    file ??= openNameless();
    const [fd, bytes, at] = [file, bytesOf(change), end];
    wholly(bytes.length, (done) => writeSync(fd, bytes, done, bytes.length - done, at + done));
    end += bytes.length;
    return at;
  };
  return {
    hold(change) {
      if (held + change.byteLength <= budget) {
        held += change.byteLength;
        return memory.hold(change);
      }
      const { length } = change;
      const start = spill(change);
      return {
        read(from, into) {
          const bytes = bytesOf(into.subarray(0, Math.max(0, length - from)));
          const at = start + 4 * from;
          wholly(bytes.length, (done) => readSync(file as number, bytes, done, bytes.length - done, at + done));
        },
      };
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
