// Held changes: the same from memory and from the file.

import { describe, expect, test } from '@jest/globals';
import { createSpillingStore } from './spilling-store.ts';

describe.each([
  ['memory', 1000],
  ['a file', 0],
  ['both', 24],
])('changes in %s', (_where, budget) => {
  test('are read as they were when they were held, from any position', () => {
    const store = createSpillingStore(budget);
    const change = new Int32Array(5);
    const held = [1, 2, 3].map((n) => store.hold(change.map((_, i) => n * 10 + i)));
    change.fill(9);
    const read = (from: number): number[][] =>
      held.map((each) => {
        const into = new Int32Array(3);
        each.read(from, into);
        return [...into];
      });
    expect(read(0)).toEqual([1, 2, 3].map((n) => [n * 10, n * 10 + 1, n * 10 + 2]));
    // what lies beyond the end is left as it was
    expect(read(3)).toEqual([1, 2, 3].map((n) => [n * 10 + 3, n * 10 + 4, 0]));
    expect(read(8)).toEqual([1, 2, 3].map(() => [0, 0, 0]));
    store.close();
    store.close();
  });
});
