// Processor time of a running network's processes, by kind: on a shared machine it says more than the clock on the wall.

import { readFile } from 'node:fs/promises';
import type { Network } from '@muster/network';
import { processorSeconds } from '../statistics.ts';

/** Seconds of processor time by kind of process, `client` being the bench itself. */
export type ProcessorTime = Readonly<Record<string, number>>;

/** Linux counts processor time in hundredths of a second, whatever the kernel's own tick (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** utime + stime of a process, its threads included. NaN where the system has no /proc or the process is gone. */
async function secondsOf(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // the second field is the command in parentheses and may hold spaces: count from its end. utime is field 14
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

/** What the processes of a network have used so far, summed by kind; the plain chaincode's services are a kind of their own. */
export async function processorTime(network: Network): Promise<ProcessorTime> {
  const nodes = await network.supervisor.status();
  const used: Record<string, number> = { client: processorSeconds() };
  for (const { name, kind, pid } of nodes) {
    if (pid === undefined) continue;
    const group = name.startsWith('plain.') ? 'plain chaincode' : kind;
    used[group] = (used[group] ?? 0) + (await secondsOf(pid));
  }
  return used;
}

/** Milliseconds of processor time between two readings for each of `count` things done, by kind of process. */
export function millisecondsEach(before: ProcessorTime, after: ProcessorTime, count: number): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([kind, seconds]) => [kind, ((seconds - (before[kind] ?? 0)) * 1000) / count]),
  );
}
