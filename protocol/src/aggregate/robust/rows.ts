// A round's updates as rows of numbers, taken block by block over the parameters; and what is computed in one pass over them.

import type { Kernels } from '../kernels/kernels.ts';
import { BLOCK, STRIDE, type Block } from '../kernels/layout.ts';

/** Rows in the order of their agents' names, in units of the fixed point. */
export interface Rows {
  readonly count: number;
  /** how many may be malicious */
  readonly f: number;
  /** numbers of a row */
  readonly parameters: number;
  /** whether all of them are integers, so that their sums are exact in any order */
  readonly integral: boolean;
  /** Gives the block that begins at a parameter; it is good until the next is asked for. */
  block(from: number): Block;
}

/** Memory of the kernels, allocated when an aggregation ends and how much it takes is known. */
export interface Workspace {
  readonly kernels: Kernels;
  /** a row of {@link BLOCK} numbers */
  row(): Float64Array;
}

/** Calls for every block of the parameters, in their order. */
export function eachBlock({ parameters }: Rows, take: (from: number) => void): void {
  for (let from = 0; from < parameters; from += BLOCK) take(from);
}

export const rowOf = (block: Block, index: number): Float64Array =>
  block.subarray(index * STRIDE, index * STRIDE + BLOCK);

/** A weighted sum of rows, in the order given; weights may be changed from block to block. */
export interface RowSum {
  readonly weights: Float64Array;
  write(block: Block, out: Float64Array): void;
}

/** The sum of some rows, at least one, each with weight 1 to begin with. */
export function sumOfRows(members: readonly number[], { kernels }: Workspace): RowSum {
  const offsets = kernels.int32(members.length);
  const weights = kernels.float64(members.length).fill(1);
  members.forEach((row, i) => {
    offsets[i] = row * STRIDE * 8;
  });
  return {
    weights,
    write: (block, out) => kernels.combine(block, offsets, weights, out),
  };
}

/** The numbers 0 to n − 1. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export function divide(row: Float64Array, by: number): void {
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / by;
}

/** Squared distances between all rows, n × n and symmetric. */
export function squaredDistances(rows: Rows, { kernels }: Workspace): Float64Array {
  const { count } = rows;
  const above = kernels.float64(count * count);
  eachBlock(rows, (from) => {
    const block = rows.block(from);
    for (let i = 0; i + 1 < count; i++) {
      const out = above.subarray(i * count + i + 1, (i + 1) * count);
      kernels.addDistancesTo(block.subarray((i + 1) * STRIDE), rowOf(block, i), out);
    }
  });
  const all = above.slice();
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < i; j++) all[i * count + j] = all[j * count + i] as number;
  }
  return all;
}

/** Squared distances of all rows to one, which is given block by block; to 0 where none is. */
export function squaredDistancesTo(
  rows: Rows,
  workspace: Workspace,
  centre?: (block: Block, from: number, into: Float64Array) => void,
): Float64Array {
  const out = workspace.kernels.float64(rows.count);
  const to = workspace.row();
  eachBlock(rows, (from) => {
    const block = rows.block(from);
    centre?.(block, from, to);
    workspace.kernels.addDistancesTo(block, to, out);
  });
  return out;
}
