// Waiting for a condition with a deadline, for tests: by polling, since what is waited for has no event of its own.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

/**
 * Waits until a probe gives a value.
 * @param waitedFor what, for the error
 * @throws Error naming what was waited for
 */
export async function waitFor<T>(
  waitedFor: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMs = 100_000,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > until) throw new Error(`waited ${timeoutMs} ms for ${waitedFor}`);
    await delay(POLL_MS);
  }
}
