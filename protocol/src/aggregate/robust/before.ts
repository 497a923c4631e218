// What may be done to updates before a rule: nearest-neighbour mixing (Allouah et al. 2023), bucketing (Karimireddy et al. 2022),
// adaptive robust clipping (Allouah et al. 2025). Each makes new rows that are sums of the old ones.

import { sha256 } from '../../bytes/digest.ts';
import { STRIDE } from '../kernels/layout.ts';
import { shrink } from './clip.ts';
import {
  divide,
  rowOf,
  squaredDistances,
  squaredDistancesTo,
  sumOfRows,
  upTo,
  type Rows,
  type Workspace,
} from './rows.ts';

export const BEFORE = ['nnm', 'bucketing', 'arc'] as const;
export type Before = (typeof BEFORE)[number];

export interface BeforeOptions {
  readonly before: readonly Before[];
  readonly bucketSize: number;
}

/** How many rows are left, and how many of them may be malicious: one malicious update spoils one bucket at most. */
export function afterBefore({ before, bucketSize }: BeforeOptions, n: number): number {
  return before.includes('bucketing') ? (n - 1 - ((n - 1) % bucketSize)) / bucketSize + 1 : n;
}

/** A new row: the weighted sum of old ones, divided at last, so that sums of integers stay exact. */
interface Mixture {
  readonly members: readonly number[];
  readonly weight: number;
  readonly divisor: number;
}

function mixed(rows: Rows, workspace: Workspace, mixtures: readonly Mixture[]): Rows {
  const into = workspace.kernels.float64(mixtures.length * STRIDE);
  const sums = mixtures.map(({ members, weight, divisor }) => {
    const sum = sumOfRows(members, workspace);
    sum.weights.fill(weight);
    return { sum, divisor };
  });
  return {
    count: mixtures.length,
    f: rows.f,
    parameters: rows.parameters,
    integral: false,
    block(from) {
      const block = rows.block(from);
      sums.forEach(({ sum, divisor }, i) => {
        const row = rowOf(into, i);
        sum.write(block, row);
        if (divisor > 1) divide(row, divisor);
      });
      return into;
    },
  };
}

/** Each row becomes the mean of the n − f nearest to it, itself among them; of two as near, the first by name. */
function nearestNeighbourMixing(rows: Rows, workspace: Workspace): Rows {
  const { count, f } = rows;
  const distances = squaredDistances(rows, workspace);
  const mixtures = upTo(count).map((i) => {
    const away = (j: number): number => (j === i ? -1 : (distances[i * count + j] as number));
    const nearest = upTo(count).sort((a, b) => away(a) - away(b) || a - b);
    const members = nearest.slice(0, count - f).sort((a, b) => a - b);
    return { members, weight: 1, divisor: members.length };
  });
  return mixed(rows, workspace, mixtures);
}

/** A whole number below a limit by 48 bits of SHA-256: no number is likelier than another by more than limit / 2^48. */
const draw = (key: string, limit: number): number => sha256(`muster bucketing ${key}`).readUIntBE(0, 6) % limit;

/** Fisher and Yates's shuffle of 0 to n − 1. */
export function permutation(key: string, n: number): number[] {
  const order = upTo(n);
  for (let i = n - 1; i > 0; i--) {
    const j = draw(`${key} ${i}`, i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

function bucketing(rows: Rows, workspace: Workspace, size: number, key: string): Rows {
  const order = permutation(key, rows.count);
  const mixtures: Mixture[] = [];
  for (let at = 0; at < order.length; at += size) {
    const members = order.slice(at, at + size);
    mixtures.push({ members, weight: 1, divisor: members.length });
  }
  return mixed(rows, workspace, mixtures);
}

/** The ⌊2 (f / n) (n − f)⌋ longest rows are cut to the length of the longest of the others. */
function adaptiveRobustClipping(rows: Rows, workspace: Workspace): Rows {
  const { count, f } = rows;
  const norms = Array.from(squaredDistancesTo(rows, workspace), Math.sqrt);
  const twice = 2 * f * (count - f);
  const cut = (twice - (twice % count)) / count;
  const limit = [...norms].sort((a, b) => a - b)[count - cut - 1] as number;
  const mixtures = norms.map((norm, i) => ({ members: [i], weight: shrink(limit, norm), divisor: 1 }));
  return mixed(rows, workspace, mixtures);
}

/**
 * Applies what comes before a rule, in the order given.
 * @param key what the random draws depend on
 */
export function applyBefore(
  rows: Rows,
  workspace: Workspace,
  { before, bucketSize }: BeforeOptions,
  key: string,
): Rows {
  return before.reduce((given, name) => {
    if (name === 'nnm') return nearestNeighbourMixing(given, workspace);
    if (name === 'arc') return adaptiveRobustClipping(given, workspace);
    return bucketing(given, workspace, bucketSize, key);
  }, rows);
}
