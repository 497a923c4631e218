// The machine a figure was measured on: no number means anything without it.
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { rounded } from './statistics.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  readonly kernel: string;
  /** Mean number of processes that wanted a core in the minute before: well above 0, others were at work. */
  readonly load: number;
}

const GIB = 2 ** 30;

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: rounded(totalmem() / GIB, 1),
    node: process.version,
    kernel: `${type()} ${release()}`,
    load: rounded(loadavg()[0] ?? 0, 2),
  };
}

/** One line for people. */
export function machineLine({ cpu, cores, memoryGiB, node, kernel, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${kernel}, load ${load} before`;
}
