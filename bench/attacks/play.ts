// Plays cells on worker threads, each result kept as soon as it is there.
import { Worker } from 'node:worker_threads';
import { settleAll } from '../../network/src/settle-all.ts';
import type { Cell } from './cell.ts';
import type { Results } from './results.ts';
import type { WorkerReply } from './worker.ts';

export interface PlayOptions {
  readonly results: Results;
  readonly threads: number;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A worker behind promises: one cell at a time. */
class Player {
  private readonly worker = new Worker(new URL('worker.ts', import.meta.url));
  private waiting: PromiseWithResolvers<WorkerReply> | undefined;

  constructor() {
    this.worker.on('message', (reply: WorkerReply) => this.waiting?.resolve(reply));
    this.worker.on('error', (error) => this.waiting?.reject(error));
    this.worker.on('exit', () => this.waiting?.reject(new Error('the worker has ended')));
  }

  ask(cell: Cell): Promise<WorkerReply> {
    this.waiting = Promise.withResolvers<WorkerReply>();
    this.worker.postMessage(cell);
    return this.waiting.promise;
  }

  /** Whoever waits for a cell is told why none comes. */
  abandon(reason: unknown): void {
    this.waiting?.reject(reason);
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

/** Plays what is not among the results yet, in the order given. @throws what a cell or the signal throws */
export async function play(cells: readonly Cell[], { results, threads, note, signal }: PlayOptions): Promise<void> {
  const queue = cells.filter((cell) => results.of(cell) === undefined);
  const all = queue.length;
  let done = 0;
  const work = async (): Promise<void> => {
    const player = new Player();
    const end = (): void => player.abandon(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    try {
      for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
        signal.throwIfAborted();
        const reply = await player.ask(cell);
        if ('failure' in reply) throw new Error(reply.failure);
        await results.add(reply.result);
        note(`${++done} of ${all}: ${cell.rule}, ${cell.attack} ${cell.malicious} %, ${cell.alpha}`);
      }
    } finally {
      signal.removeEventListener('abort', end);
      await player.end();
    }
  };
  // every worker has ended before anything is thrown
  await settleAll(Array.from({ length: Math.min(threads, all) }, work));
}
