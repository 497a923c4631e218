// Memory of a process, as Linux tells it.

import { readFile } from 'node:fs/promises';

/** In MiB. */
export interface Memory {
  /** resident: pages in memory, shared ones in full */
  readonly rss: number;
  /** proportional: shared pages counted by their share, so that the sum over processes is what they use together */
  readonly pss: number;
  /** the most that was resident at once since the process began */
  readonly peak: number;
}

const KIB_PER_MIB = 1024;

/** The figure of a line `Name:   123 kB`, in MiB. @throws TypeError where there is none */
export function figureOf(text: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  if (found === null) throw new TypeError(`no ${name} in what the system tells of the process`);
  return Number(found[1]) / KIB_PER_MIB;
}

/** @throws where the system has no /proc, or the process is gone */
export async function memoryOf(pid: number): Promise<Memory> {
  const [rollup, status] = await Promise.all([
    readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return { rss: figureOf(rollup, 'Rss'), pss: figureOf(rollup, 'Pss'), peak: figureOf(status, 'VmHWM') };
}
