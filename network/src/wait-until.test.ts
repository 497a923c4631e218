// Waiting with a deadline.
import { expect, test } from '@jest/globals';
import { Giveup, waitUntil } from './wait-until.ts';

test('resolves with the first success', async () => {
  let attempts = 0;
  const attempt = (): Promise<number> =>
    (attempts += 1) < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve(7);
  expect(await waitUntil({ waitedFor: 'seven', seconds: 5, pollMs: 1 }, attempt)).toBe(7);
});

test('says what was waited for, and why it was not there, when the deadline passes', async () => {
  const never = (): Promise<void> => Promise.reject(new Error('still asleep'));
  await expect(waitUntil({ waitedFor: 'the moon', seconds: 0.02, pollMs: 5 }, never)).rejects.toMatchObject({
    code: 'ERR_WAIT_EXPIRED',
    details: { waitedFor: 'the moon', last: 'still asleep' },
  });
});

test('ends at once on what waiting would not cure', async () => {
  const hopeless = (): Promise<void> => Promise.reject(new Giveup(new RangeError('no moon')));
  await expect(waitUntil({ waitedFor: 'the moon', seconds: 60 }, hopeless)).rejects.toThrow(RangeError);
});
