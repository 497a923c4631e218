// Flow: who keeps it up is waited for as long as it takes, who trickles is not.

import { expect, test } from '@jest/globals';
import { flowing } from './flowing.ts';

const FLOW = { stallMs: 1000, bytesPerSecond: 10 };

/** Takes chunks of one size from a source that lets so much time pass before each. @returns how many were taken */
async function take(chunks: number, size: number, pauseMs: number, ownMs = 0): Promise<number> {
  let now = 0;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < chunks; i++) {
      now += pauseMs;
      yield await Promise.resolve(new Uint8Array(size));
    }
  }
  let taken = 0;
  for await (const chunk of flowing(source(), FLOW, () => now)) {
    taken += chunk.length;
    now += ownMs;
  }
  return taken;
}

test('what keeps up the least rate arrives, however long it takes', async () => {
  expect(await take(10_000, 1, 100)).toBe(10_000);
});

test('what falls behind it for longer than it may stand still is ERR_REQUEST_SLOW', async () => {
  await expect(take(10_000, 1, 110)).rejects.toMatchObject({
    code: 'ERR_REQUEST_SLOW',
    details: { what: 'artefact at 10 bytes a second' },
  });
});

test('the time that whoever takes the chunks needs for them is not the sender’s', async () => {
  expect(await take(100, 1, 50, 60_000)).toBe(100);
});
