// Waiting between attempts: longer each time, and cut short when nobody needs it any more.

import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  /** Waits; returns at once, and quietly, when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
  reset(): void;
}

/** Doubles from `firstMs` up to `mostMs`. */
export function createBackoff(firstMs = 100, mostMs = 10_000): Backoff {
  let next = firstMs;
  return {
    async wait(signal) {
      const ms = next;
      next = Math.min(next * 2, mostMs);
      await pause(ms, signal);
    },
    reset: () => {
      next = firstMs;
    },
  };
}

/** Waits some milliseconds, or until the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
