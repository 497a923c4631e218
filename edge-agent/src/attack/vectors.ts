// Sums, means and spreads of changes, as attacks need them. Attackers need no determinism across machines.
import type { Change } from './attack.ts';

/** Σ weight × change. */
export function combined(changes: readonly ArrayLike<number>[], weight: (index: number) => number): Float64Array {
  const sum = new Float64Array(changes[0]?.length ?? 0);
  for (const [index, change] of changes.entries()) {
    const factor = weight(index);
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + factor * (change[i] ?? 0);
  }
  return sum;
}

export const meanOf = (changes: readonly ArrayLike<number>[]): Float64Array =>
  combined(changes, () => 1 / changes.length);

/** Standard deviation of each parameter, of a sample (n − 1). */
export function spreadOf(changes: readonly Change[], mean: Float64Array): Float64Array {
  const sum = new Float64Array(mean.length);
  for (const change of changes) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + ((change[i] ?? 0) - (mean[i] ?? 0)) ** 2;
  }
  return sum.map((value) => Math.sqrt(value / Math.max(1, changes.length - 1)));
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

export const normOf = (change: ArrayLike<number>): number => Math.sqrt(dot(change, change));

export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return sum;
}

export const scaled = (change: ArrayLike<number>, factor: number): Change =>
  Float32Array.from({ length: change.length }, (_, i) => factor * (change[i] ?? 0));
