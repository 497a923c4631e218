// Takes an update's change into an aggregation's own memory: the one time it is read from where it arrived.

import type { FixedPoint } from '../bytes/fixed-point.ts';
import { MusterError } from '../errors.ts';
import type { Kernels } from './kernels/kernels.ts';
import { LANES, padded } from './kernels/layout.ts';

/** Where a value stands, for people. */
export interface Place {
  readonly tensor: string;
  readonly index: number;
}

/** Values that are copied and then checked while the processor's cache still holds them. */
const BLOCK = 16_384;

/**
 * Copies a change into a row of the kernels' memory and checks its magnitudes.
 * @param row of {@link padded} length; what lies behind the change becomes 0
 * @param locate names a value of the change
 * @throws ERR_UPDATE_RANGE, after which the row holds a part of the change
 */
export function takeChange(
  kernels: Kernels,
  change: Int32Array,
  row: Int32Array,
  format: FixedPoint,
  locate: (at: number) => Place = (index) => ({ tensor: 'change', index }),
): void {
  const limit = 2 ** format.magnitudeBits;
  row.fill(0, row.length - LANES);
  for (let start = 0; start < change.length; start += BLOCK) {
    const part = change.subarray(start, start + BLOCK);
    row.set(part, start);
    const bits = kernels.magnitudes(row.subarray(start, start + padded(part.length))) >>> 0;
    // the limit is a power of two, so a magnitude that reaches it sets a bit that no other may
    if (bits < limit) continue;
    const at = start + part.findIndex((value) => Math.abs(value) >= limit);
    throw new MusterError('ERR_UPDATE_RANGE', { ...locate(at), limit: limit / 2 ** format.fractionBits });
  }
}
