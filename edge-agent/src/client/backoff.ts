// Waiting between attempts: longer each time, and cut short when nobody needs it any more.

import { isMusterError } from '@muster/protocol';
import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  /** How long the next wait is, milliseconds; each is longer than the one before. */
  next(failure?: unknown): number;
  /**
   * Waits; returns at once, and quietly, when the signal aborts.
   * @param failure of the attempt before: a gateway that is too busy says when to come again, and is not asked sooner
   */
  wait(signal: AbortSignal, failure?: unknown): Promise<void>;
  reset(): void;
}

/** What a busy gateway asked for (RFC 9110, section 10.2.3: Retry-After), milliseconds; 0 where it asked for nothing. */
export function retryAfterMs(failure: unknown): number {
  return isMusterError(failure) && failure.code === 'ERR_OVERLOADED' ? failure.details.retryAfterSeconds * 1000 : 0;
}

/**
 * Doubles from `firstMs` up to `mostMs`. Up to half as much again is drawn by lot, so that many who failed together do not
 * come back together.
 * @param random from 0 to below 1
 */
export function createBackoff(firstMs = 100, mostMs = 10_000, random: () => number = Math.random): Backoff {
  let step = firstMs;
  const next = (failure?: unknown): number => {
    const ms = Math.max(step, retryAfterMs(failure)) * (1 + random() / 2);
    step = Math.min(step * 2, mostMs);
    return ms;
  };
  return {
    next,
    wait: (signal, failure) => pause(next(failure), signal),
    reset: () => {
      step = firstMs;
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
