// Rules that choose updates by their distances: Krum and Multi-Krum (Blanchard et al. 2017), Bulyan (El Mhamdi et al. 2018),
// minimum diameter averaging (Rousseeuw 1985; El Mhamdi et al. 2018).

import { STRIDE } from '../kernels/layout.ts';
import { meanAroundMedian } from './coordinate.ts';
import type { Prepare, WriteBlock } from './held.ts';
import { divide, rowOf, squaredDistances, sumOfRows, upTo, type Rows, type Workspace } from './rows.ts';

/** How many neighbours Krum counts: n − f − 2 (Blanchard et al. 2017, Flower) or n − f − 1 (byzfl). */
export type Neighbours = 'n-f-2' | 'n-f-1';

export interface KrumOptions {
  readonly neighbours: Neighbours;
  readonly score: 'sum' | 'mean';
}

const ascending = (a: number, b: number): number => a - b;

/** Krum's score of each of the given rows among each other. */
function scores(
  distances: Float64Array,
  count: number,
  among: readonly number[],
  f: number,
  { neighbours, score }: KrumOptions,
): number[] {
  const near = Math.max(1, among.length - f - (neighbours === 'n-f-2' ? 2 : 1));
  return among.map((i) => {
    const others = among.filter((j) => j !== i).map((j) => distances[i * count + j] as number);
    const sum = others
      .sort(ascending)
      .slice(0, near)
      .reduce((total, distance) => total + distance, 0);
    return score === 'mean' ? sum / near : sum;
  });
}

/** The given rows in order of their scores; of two as good, the first by name. */
function ranked(among: readonly number[], scored: readonly number[]): number[] {
  return among
    .map((row, i) => ({ row, score: scored[i] as number }))
    .sort((a, b) => a.score - b.score || a.row - b.row)
    .map(({ row }) => row);
}

/** The mean of chosen rows, in order of names. */
function meanOfRows(chosen: readonly number[], workspace: Workspace): WriteBlock {
  const sum = sumOfRows([...chosen].sort(ascending), workspace);
  return (block, _from, out) => {
    sum.write(block, out);
    divide(out, chosen.length);
  };
}

function krumOrder(rows: Rows, workspace: Workspace, options: KrumOptions): number[] {
  const { count, f } = rows;
  const all = upTo(count);
  return ranked(all, scores(squaredDistances(rows, workspace), count, all, f, options));
}

export const krum =
  (options: KrumOptions): Prepare =>
  (rows, workspace) =>
    meanOfRows(krumOrder(rows, workspace, options).slice(0, 1), workspace);

/** @param keep how many of the best are averaged; n − f where it is not said */
export const multiKrum =
  ({ keep, ...options }: KrumOptions & { readonly keep?: number | undefined }): Prepare =>
  (rows, workspace) => {
    const best = krumOrder(rows, workspace, options).slice(0, keep ?? rows.count - rows.f);
    return meanOfRows(best, workspace);
  };

/** n − 2f rows by repeated Krum among those left, then per parameter the mean of the n − 4f values nearest to their median. */
export const bulyan =
  (options: KrumOptions): Prepare =>
  (rows, workspace) => {
    const { count, f } = rows;
    const distances = squaredDistances(rows, workspace);
    const left = upTo(count);
    const chosen: number[] = [];
    while (chosen.length < count - 2 * f) {
      const [best] = ranked(left, scores(distances, count, left, f, options));
      chosen.push(...left.splice(left.indexOf(best as number), 1));
    }
    chosen.sort(ascending);
    const selected = workspace.kernels.float64(chosen.length * STRIDE);
    const write = meanAroundMedian(chosen.length, chosen.length - 2 * f, workspace);
    return (block, _from, out) => {
      chosen.forEach((row, i) => {
        rowOf(selected, i).set(rowOf(block, row));
      });
      write(selected, out);
    };
  };

/** The first subset of a size, in lexicographic order, of the smallest diameter: depth first, cut where it is as wide. */
export function smallestDiameter(distances: Float64Array, count: number, size: number): number[] {
  let best: number[] = [];
  let least = Infinity;
  const chosen: number[] = [];
  const widen = (row: number, diameter: number): number =>
    chosen.reduce((widest, other) => Math.max(widest, distances[other * count + row] as number), diameter);
  const extend = (from: number, diameter: number): void => {
    if (chosen.length === size) {
      best = [...chosen];
      least = diameter;
      return;
    }
    for (let row = from; row <= count - (size - chosen.length); row++) {
      const wider = widen(row, diameter);
      if (wider >= least) continue;
      chosen.push(row);
      extend(row + 1, wider);
      chosen.pop();
    }
  };
  extend(0, 0);
  return best;
}

export const mda: Prepare = (rows, workspace) => {
  const { count, f } = rows;
  return meanOfRows(smallestDiameter(squaredDistances(rows, workspace), count, count - f), workspace);
};
