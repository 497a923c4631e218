// Following the ledger: the stream of blocks into the projection, for as long as the gateway lives. A stream that breaks
// (the peer was restarted) is opened again from the checkpoint.

import type { Logger } from 'pino';
import { backoffMs, pause } from '../clock.ts';
import type { Meters } from '../metrics.ts';
import type { Ledger, LedgerBlock } from '../ports.ts';
import type { Projection } from './projection.ts';

const RETRY = { firstMs: 100, mostMs: 2_000 };

export class Follower {
  readonly #ledger: Ledger;
  readonly #projection: Projection;
  readonly #meters: Meters;
  readonly #log: Logger;
  readonly #onBlock: (block: LedgerBlock) => void;
  readonly #stop = new AbortController();
  #failure: string | undefined = 'not started';
  #running: Promise<void> | undefined;

  /** @param onBlock told of every block that was projected */
  constructor(
    ledger: Ledger,
    projection: Projection,
    meters: Meters,
    log: Logger,
    onBlock: (block: LedgerBlock) => void = () => undefined,
  ) {
    this.#ledger = ledger;
    this.#projection = projection;
    this.#meters = meters;
    this.#log = log;
    this.#onBlock = onBlock;
  }

  /** Why the projection does not follow; undefined while it does. */
  get failure(): string | undefined {
    return this.#failure;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt++) {
      // the last block once more: the projection knows it, and its coming tells that the stream works
      const from = Math.max(0, this.#projection.block);
      try {
        const newest = (await this.#ledger.height()) - 1;
        for await (const block of this.#ledger.blocks(from, signal)) {
          this.#projection.take(block);
          this.#meters.projected(block.number);
          this.#onBlock(block);
          // rows of long ago are not told as new: it follows only once it has what there was when it began
          this.#failure =
            this.#projection.block >= newest ? undefined : `at block ${this.#projection.block} of ${newest}`;
          attempt = 0;
        }
        this.#failure = 'the stream ended';
      } catch (error) {
        this.#failure = error instanceof Error ? error.message : String(error);
        if (!this.#stop.signal.aborted) this.#log.warn({ err: error, from }, 'the stream of blocks broke');
      }
      await pause(backoffMs(attempt, RETRY), signal);
    }
  }
}
