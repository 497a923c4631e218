// Takes an update's change into an aggregation's own memory, and checks it.

import type { FixedPoint } from '../bytes/fixed-point.ts';
import { MusterError } from '../errors.ts';
import { openKernels, type KernelKind, type Kernels } from './kernels/kernels.ts';
import { LANES, padded, room } from './kernels/layout.ts';

/** Where a value stands, for people. */
export interface Place {
  readonly tensor: string;
  readonly index: number;
}

/** Values that are copied and then checked while the processor's cache still holds them. */
const BLOCK = 16_384;

/** How a change is read. */
export interface Taking {
  readonly format: FixedPoint;
  /** names a value of the change */
  readonly locate?: ((at: number) => Place) | undefined;
}

/** Copies a part of a change to a position of a row whose rest is 0, and checks its magnitudes there. */
function takePart(
  kernels: Kernels,
  { change, start, row, at }: { change: Int32Array; start: number; row: Int32Array; at: number },
  { format, locate = (index) => ({ tensor: 'change', index }) }: Taking,
): void {
  const limit = 2 ** format.magnitudeBits;
  const part = change.subarray(start, start + BLOCK);
  row.set(part, at);
  const bits = kernels.magnitudes(row.subarray(at, at + padded(part.length))) >>> 0;
  // the limit is a power of two, so a magnitude that reaches it sets a bit that no other may
  if (bits < limit) return;
  const index = start + part.findIndex((value) => Math.abs(value) >= limit);
  throw new MusterError('ERR_UPDATE_RANGE', { ...locate(index), limit: limit / 2 ** format.fractionBits });
}

/**
 * Copies a change into a row of the kernels' memory and checks its magnitudes.
 * @param row of {@link padded} length; what lies behind the change becomes 0
 * @throws ERR_UPDATE_RANGE, after which the row holds a part of the change
 */
export function takeChange(kernels: Kernels, change: Int32Array, row: Int32Array, taking: Taking): void {
  row.fill(0, row.length - LANES);
  for (let start = 0; start < change.length; start += BLOCK) {
    takePart(kernels, { change, start, row, at: start }, taking);
  }
}

/**
 * Makes what checks magnitudes of changes, through memory of its own that the processor's cache holds.
 * @param kind of the kernels, as {@link openKernels} takes it
 * @returns throws ERR_UPDATE_RANGE
 */
export function changeChecker(taking: Taking, kind?: KernelKind): (change: Int32Array) => void {
  const kernels = openKernels(room(BLOCK, 4), kind);
  const row = kernels.int32(BLOCK);
  return (change) => {
    for (let start = 0; start < change.length; start += BLOCK) {
      row.fill(0, Math.max(0, Math.min(BLOCK, change.length - start) - LANES));
      takePart(kernels, { change, start, row, at: 0 }, taking);
    }
  };
}
