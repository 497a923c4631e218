// What ended by itself in a soak and was started again, with what its log says of it: the logs go with the network.

import { readFile } from 'node:fs/promises';
import type { NodeStatus } from '@muster/network';

export interface Restart {
  readonly node: string;
  readonly minute: number;
  /** the last complaint in its log, line by line */
  readonly said: readonly string[];
}

const COMPLAINT = /\b(panic|fatal error|PANI|FATA)\b|ERR_/;
const MOST_LINES = 30;

export class Restarts {
  readonly found: Restart[] = [];
  readonly #known = new Map<string, number>();

  /** Looks for processes that were started again since the last look. @returns those */
  async look(nodes: readonly NodeStatus[], minute: number): Promise<readonly Restart[]> {
    const again = nodes.filter(({ name, restarts }) => restarts > (this.#known.get(name) ?? 0));
    const restarts = await Promise.all(
      again.map(async ({ name, log }) => {
        const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
        const from = lines.findLastIndex((line) => COMPLAINT.test(line));
        return { node: name, minute, said: from < 0 ? lines.slice(-MOST_LINES) : lines.slice(from, from + MOST_LINES) };
      }),
    );
    for (const { name, restarts: times } of again) this.#known.set(name, times);
    this.found.push(...restarts);
    return restarts;
  }
}
