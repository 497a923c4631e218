// How many of n updates may be malicious, and what rules ask of the two.

import { z } from 'zod';

/** The share of a round's updates that may be malicious. */
export const maliciousPercent = z
  .int()
  .min(0)
  .max(49)
  .default(20)
  .describe('share of updates that may be malicious, in percent: of n they are f = ⌈percent × n / 100⌉');

/** ⌈percent × n / 100⌉, exact: percent × n is a small integer. */
export function maliciousOf(percent: number, n: number): number {
  const hundredfold = percent * n;
  return (hundredfold - (hundredfold % 100)) / 100 + Number(hundredfold % 100 > 0);
}

/** What n updates with f malicious ones lack, or undefined where a rule's promise holds for them. */
export type Bound = (n: number, f: number) => string | undefined;

const least =
  (needed: (f: number) => number, formula: string): Bound =>
  (n, f) =>
    n >= needed(f) ? undefined : `needs n ≥ ${formula} updates, ${needed(f)} where f is ${f}, of ${n}`;

export const atLeast1: Bound = least((f) => f + 1, 'f + 1');
export const atLeast2f1: Bound = least((f) => 2 * f + 1, '2f + 1');
export const atLeast2f2: Bound = least((f) => 2 * f + 2, '2f + 2');
export const atLeast2f3: Bound = least((f) => 2 * f + 3, '2f + 3');
export const atLeast4f3: Bound = least((f) => 4 * f + 3, '4f + 3');

/** Subsets that a search may look at. */
export const SUBSETS_MAX = 1_000_000;

/** C(n, f), or more than the limit where it is more: products of integers below 2^53. */
export function subsetsOf(n: number, f: number): number {
  let subsets = 1;
  for (let i = 1; i <= f && subsets <= SUBSETS_MAX; i++) subsets = (subsets * (n - f + i)) / i;
  return subsets;
}

/** As {@link atLeast2f1}, and few enough subsets of n − f. */
export const fewSubsets: Bound = (n, f) =>
  atLeast2f1(n, f) ??
  (subsetsOf(n, f) <= SUBSETS_MAX
    ? undefined
    : `needs at most ${SUBSETS_MAX} subsets of ${n - f} of ${n} updates: fewer updates or fewer of them malicious`);
