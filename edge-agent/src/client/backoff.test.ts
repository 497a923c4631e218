// How long is waited between attempts.

import { expect, test } from '@jest/globals';
import { MusterError } from '@muster/protocol';
import { createBackoff, retryAfterMs } from './backoff.ts';

const busy = new MusterError('ERR_OVERLOADED', { queue: 'the queue', limit: 1, retryAfterSeconds: 2 });
const away = new MusterError('ERR_GATEWAY_UNREACHABLE', { url: 'https://x', reason: 'gone' });

test('a busy gateway is not asked before the time it named, and then not by all at once', () => {
  expect(retryAfterMs(busy)).toBe(2000);
  expect(retryAfterMs(away)).toBe(0);
  expect(createBackoff(100, 1000, () => 0).next(busy)).toBe(2000);
  expect(createBackoff(100, 1000, () => 0.5).next(busy)).toBe(2500);
});

test('other failures are waited out longer each time, up to a limit', () => {
  const backoff = createBackoff(100, 300, () => 0);
  expect([1, 2, 3, 4].map(() => backoff.next(away))).toEqual([100, 200, 300, 300]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test('a wait ends at once when nobody needs it any more', async () => {
  const stop = new AbortController();
  const wait = createBackoff(60_000, 60_000).wait(stop.signal);
  stop.abort();
  await expect(wait).resolves.toBeUndefined();
});
