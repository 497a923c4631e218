// Fixed point: the change of a parameter as int32 with a fixed number of fraction bits, so that sums are exact.

import { MusterError } from '../errors.ts';

/** How numbers are quantised: value = integer / 2^fractionBits, |integer| < 2^magnitudeBits. */
export interface FixedPoint {
  readonly fractionBits: number;
  readonly magnitudeBits: number;
}

/**
 * Quantises local − base, rounding half up (ECMAScript Math.round: one result on every machine).
 * @param tensor the tensor's name, for the error
 * @throws ERR_UPDATE_RANGE where a change is not finite or too large for the job's fixed point
 */
export function quantise(tensor: string, local: Float32Array, base: Float32Array, format: FixedPoint): Int32Array {
  if (local.length !== base.length)
    throw new TypeError(`${tensor}: ${local.length} values on a base of ${base.length}`);
  const scale = 2 ** format.fractionBits;
  const limit = 2 ** format.magnitudeBits;
  const change = new Int32Array(base.length);
  for (let i = 0; i < change.length; i++) {
    const value = Math.round(((local[i] as number) - (base[i] as number)) * scale);
    // written so that NaN fails too
    if (!(Math.abs(value) < limit))
      throw new MusterError('ERR_UPDATE_RANGE', { tensor, index: i, limit: limit / scale });
    change[i] = value;
  }
  return change;
}

/**
 * Checks quantised values that came from outside.
 * @throws ERR_UPDATE_RANGE
 */
export function verifyMagnitude(tensor: string, change: Int32Array, format: FixedPoint): void {
  const limit = 2 ** format.magnitudeBits;
  // the magnitudes' bits together: the limit is a power of two, so one that reaches it sets a bit that no other may
  let bits = 0;
  for (let i = 0; i < change.length; i++) {
    const value = change[i] as number;
    const sign = value >> 31;
    bits |= (value + sign) ^ sign;
  }
  if (bits >>> 0 < limit) return;
  const index = change.findIndex((value) => Math.abs(value) >= limit);
  throw new MusterError('ERR_UPDATE_RANGE', { tensor, index, limit: limit / 2 ** format.fractionBits });
}

/** How many bits a non-negative integer takes. Not by Math.log2, whose result ECMAScript does not fix. */
export function bitLength(value: number): number {
  return value.toString(2).length;
}
