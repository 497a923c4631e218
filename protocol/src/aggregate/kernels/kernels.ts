// The inner loops of aggregation: in WebAssembly with SIMD where the engine has it, else in ECMAScript. The same bits.

import { openPlainKernels } from './plain.ts';
import { hasSimd, openSimdKernels, SIMD_BYTES_MAX } from './simd.ts';

/** Numbers of a row are padded to a multiple of this: what one step of a loop takes. */
export const LANES = 4;

/** The least multiple of {@link LANES} that holds so many values. */
export const padded = (values: number): number => Math.ceil(values / LANES) * LANES;

/**
 * Loops over arrays that the same object has allocated. Lengths are multiples of {@link LANES}, and arrays of 0 values are
 * not given.
 */
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
}

export type KernelKind = 'simd' | 'plain';

/** What an array of so many values of so many bytes takes of the memory. */
export const room = (values: number, bytes: number): number => Math.ceil((values * bytes) / 16) * 16;

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
