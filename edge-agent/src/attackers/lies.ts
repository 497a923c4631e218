// What attackers make of their changes before they seal them: fixed point within the job's range, no two alike, an update file.

import { encodeTensors, type FixedPoint, type Parameters } from '@muster/protocol';
import type { Change } from '../attack/index.ts';

/** A change in units of the parameters. */
export const toReal = (change: Int32Array, { fractionBits }: FixedPoint): Change =>
  Float32Array.from(change, (value) => value / 2 ** fractionBits);

/** A change in the job's fixed point. What reaches beyond its range is cut: it would be left out otherwise. */
export function toFixed(change: Change, { fractionBits, magnitudeBits }: FixedPoint): Int32Array {
  const limit = 2 ** magnitudeBits - 1;
  return Int32Array.from(change, (value) =>
    Math.max(-limit, Math.min(limit, Math.round((Number.isNaN(value) ? 0 : value) * 2 ** fractionBits))),
  );
}

/** Changes of colluders, each with a value of its own moved by one unit: of equal updates only the first would count. */
export function varied(changes: readonly Int32Array[]): Int32Array[] {
  return changes.map((change, place) => {
    const other = change.slice();
    const at = place % other.length;
    const value = other[at] ?? 0;
    other[at] = value > 0 ? value - 1 : value + 1;
    return other;
  });
}

/** The update file of a change. */
export function encodeChange(change: Int32Array, base: Parameters): Uint8Array {
  let at = 0;
  return encodeTensors(
    base.map(({ name, shape, data }) => ({ name, shape, data: change.subarray(at, (at += data.length)) })),
  );
}
