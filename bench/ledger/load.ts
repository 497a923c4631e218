// Loads: calls made by so many clients at once (closed loop, finds the maximum) or at instants of their own (open loop).
// Latency counts from the intended instant, whether or not the call could be made then: waiting is not left out.

import { quantile } from '../statistics.ts';

/** What a client was told of one thing that it handed in. */
export interface Told {
  /** names the thing on the ledger */
  readonly id: string;
  readonly recorded: boolean;
  /** the ledger's transaction, of what was recorded */
  readonly transaction?: string;
  /** why not, of what was not */
  readonly reason?: string;
}

/** Hands one or several things in and waits until their fate is told. Rejects only where the load itself is at fault. */
export type Call = () => Promise<readonly Told[]>;

export interface LoadResult {
  readonly recorded: number;
  /** told to have failed */
  readonly failed: readonly Told[];
  readonly transactions: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Gathers what calls were told and how long each took from its intended instant. */
class Gathered {
  readonly #latencies: number[] = [];
  readonly #failed: Told[] = [];
  readonly #transactions = new Set<string>();
  readonly #began = performance.now();
  #recorded = 0;

  async add(call: Call, intended: number): Promise<void> {
    const told = await call();
    this.#latencies.push(performance.now() - intended);
    for (const one of told) {
      if (!one.recorded) this.#failed.push(one);
      else this.#recorded += 1;
      if (one.transaction !== undefined) this.#transactions.add(one.transaction);
    }
  }

  result(): LoadResult {
    const seconds = (performance.now() - this.#began) / 1000;
    const at = (share: number): number => quantile(this.#latencies, share);
    return {
      recorded: this.#recorded,
      failed: this.#failed,
      transactions: this.#transactions.size,
      seconds,
      perSecond: this.#recorded / seconds,
      p50Ms: at(0.5),
      p95Ms: at(0.95),
      p99Ms: at(0.99),
    };
  }
}

/** Closed loop: so many clients, each making its next call when the last one ended. */
export async function runClosed(calls: readonly Call[], clients: number): Promise<LoadResult> {
  const gathered = new Gathered();
  let next = 0;
  const client = async (): Promise<void> => {
    for (let call = calls[next++]; call !== undefined; call = calls[next++])
      await gathered.add(call, performance.now());
  };
  await Promise.all(Array.from({ length: clients }, client));
  return gathered.result();
}

/**
 * Instants of a Poisson process, milliseconds from its start: what many independent senders make together.
 * @param perSecond calls a second on average
 * @param random uniform in [0, 1)
 */
export function poissonInstants(count: number, perSecond: number, random: () => number = Math.random): number[] {
  let at = 0;
  return Array.from({ length: count }, () => (at -= (Math.log(1 - random()) / perSecond) * 1000));
}

/** Open loop: each call is made at its instant, whatever became of those before. */
export async function runOpen(calls: readonly Call[], perSecond: number): Promise<LoadResult> {
  const instants = poissonInstants(calls.length, perSecond);
  const gathered = new Gathered();
  const began = performance.now();
  const made: Promise<void>[] = [];
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const makeDue = (): void => {
    const now = performance.now() - began;
    for (let i = made.length; i < calls.length && (instants[i] as number) <= now; i++) {
      made.push(gathered.add(calls[i] as Call, began + (instants[i] as number)));
    }
    if (made.length === calls.length) resolve(undefined);
    else setTimeout(makeDue, Math.max(0, (instants[made.length] as number) - now));
  };
  makeDue();
  await promise;
  await Promise.all(made);
  return gathered.result();
}
