// Watching the own clock: the other organisations' gateways are asked for their time, and a clock that more than half of them
// contradict is called wrong. The own peer would refuse everything and name no reason that a program could read.

import type { Logger } from 'pino';
import { agreedSkew, clockSkewed, type MusterError } from '@muster/protocol';
import { pause } from '../clock.ts';
import type { Meters } from '../metrics.ts';

/** How far the own clock is ahead of another's, milliseconds; rejects where it cannot be told. */
export type AskSkew = () => Promise<number>;

export interface ClockWatchOptions {
  /** of every other organisation's gateway */
  readonly ask: readonly AskSkew[];
  readonly meters: Meters;
  readonly log: Logger;
  /** milliseconds between two looks; until a majority has answered, and while the clock is wrong, it is looked sooner */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 30_000;
const SOON_MS = 2_000;

export class ClockWatch {
  readonly #options: ClockWatchOptions;
  readonly #stop = new AbortController();
  #error: MusterError<'ERR_CLOCK_SKEWED'> | undefined;
  #skewMs = 0;
  #running: Promise<void> | undefined;

  constructor(options: ClockWatchOptions) {
    this.#options = options;
    options.meters.watchClock(() => this.#skewMs / 1000);
  }

  /** What is wrong with the clock, with its code; undefined where nothing is known to be. */
  get failure(): string | undefined {
    return this.#error && `${this.#error.code}: ${this.#error.message}`;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Asks all once. @returns how many answered */
  async look(): Promise<number> {
    const { ask, log } = this.#options;
    const answers = await Promise.allSettled(ask.map((one) => one()));
    const skews = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const agreed = agreedSkew(skews, ask.length);
    this.#skewMs = agreed ?? medianOf(skews);
    const was = this.#error;
    this.#error =
      agreed === undefined ? undefined : clockSkewed(agreed, `most of ${ask.length} other organisations’ gateways`);
    if (this.#error !== undefined && was === undefined) {
      const { code, details } = this.#error;
      log.error({ code, ...details }, this.#error.message);
    } else if (this.#error === undefined && was !== undefined) {
      log.info('the clock is right again');
    }
    return skews.length;
  }

  async #run(): Promise<void> {
    const { ask, intervalMs = INTERVAL_MS } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted && ask.length > 0) {
      const answered = await this.look();
      const isKnown = answered * 2 > ask.length && this.#error === undefined;
      await pause(isKnown ? intervalMs : Math.min(SOON_MS, intervalMs), signal);
    }
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
