// The inner loops of aggregation: in WebAssembly with SIMD where the engine has it, else in ECMAScript. The same bits.

import type { Block } from './layout.ts';
import { openPlainKernels } from './plain.ts';
import { hasSimd, openSimdKernels, SIMD_BYTES_MAX } from './simd.ts';

/** Arrays given were allocated by the same object; lengths of int32 are multiples of {@link LANES}, and not 0. */
export interface Kernels {
  /** Arrays of zeros; together they must not be larger than what the kernels were opened with. */
  int32(length: number): Int32Array;
  float64(length: number): Float64Array;
  /** The bits of all magnitudes together, as int32: that of 2^31 is the sign. */
  magnitudes(values: Int32Array): number;
  /**
   * Adds the weighted sum of four rows to the sums.
   * @param rows 4 × the sums' length, row after row; products and sums are below 2^53
   */
  addFour(sums: Float64Array, rows: Int32Array, weights: readonly [number, number, number, number]): void;
  /** Writes integers as doubles, as many as there are. */
  widen(row: Int32Array, out: Float64Array): void;
  /** out[i] += the squared distance of row i to another row, for as many rows as out is long. */
  addDistancesTo(rows: Block, to: Float64Array, out: Float64Array): void;
  /** out[i] += the dot product of row i with another row. */
  addDots(rows: Block, to: Float64Array, out: Float64Array): void;
  /**
   * out = Σ weights[i] × the row at offsets[i], in that order.
   * @param offsets of rows in bytes, at least one
   */
  combine(rows: Block, offsets: Int32Array, weights: Float64Array, out: Float64Array): void;
  /**
   * Sorts each column.
   * @param network comparators: pairs of offsets of rows in bytes
   */
  sort(rows: Block, network: Int32Array): void;
  /**
   * Slides a window over sorted rows, from the lowest on, to the values nearest to the middle; of two as near, the lower.
   * @param size rows of the window, less than there are
   * @param sums of the window's values: before, of the lowest
   */
  slide(rows: Block, count: number, size: number, middle: Float64Array, sums: Float64Array): void;
}

export type KernelKind = 'simd' | 'plain';

/**
 * Opens kernels with memory of their own.
 * @param bytes what will be allocated, as {@link room} counts
 * @param kind which ones; by default SIMD where the engine has it and the memory is one that WebAssembly can address
 */
export function openKernels(
  bytes: number,
  kind: KernelKind = hasSimd() && bytes <= SIMD_BYTES_MAX ? 'simd' : 'plain',
): Kernels {
  return kind === 'simd' ? openSimdKernels(bytes) : openPlainKernels();
}
