// FedAvg (McMahan et al. 2017, algorithm 1): the mean of the changes, weighted by examples.

import { bitLength, type FixedPoint } from '../bytes/fixed-point.ts';
import { MusterError } from '../errors.ts';
import type { Aggregator } from './rules.ts';

/** Changes that are summed at once. The sums are twice as many bytes as a change, and are read and written once for all. */
const TOGETHER = 4;

/** Adds the four held changes to the sums: of a slot that is empty the weight is 0. */
function addTogether(sums: Float64Array, held: readonly Int32Array[], weights: Float64Array): void {
  const [a, b, c, d] = held as readonly [Int32Array, Int32Array, Int32Array, Int32Array];
  const [v, w, x, y] = weights as unknown as readonly [number, number, number, number];
  for (let i = 0; i < sums.length; i++) {
    const first = v * (a[i] as number) + w * (b[i] as number);
    sums[i] = (sums[i] as number) + (first + (x * (c[i] as number) + y * (d[i] as number)));
  }
}

/**
 * Sums weight × change in doubles. Both are integers, so every sum below 2^53 is exact and neither the order of arrival nor
 * the grouping matters; only the last division and rounding are inexact, and they happen once, in one order.
 */
export function createFedAvg(parameters: number, format: FixedPoint): Aggregator {
  const sums = new Float64Array(parameters);
  // copies: who adds may use the memory of a change again
  const held = Array.from({ length: TOGETHER }, () => new Int32Array(parameters));
  const weights = new Float64Array(TOGETHER);
  let filled = 0;
  let examples = 0;
  const flush = (): void => {
    addTogether(sums, held, weights);
    weights.fill(0);
    filled = 0;
  };
  return {
    add({ examples: weight, change }) {
      if (change.length !== parameters) throw new TypeError(`${change.length} values for ${parameters} parameters`);
      const bits = format.magnitudeBits + bitLength(examples + weight);
      if (bits > 53) throw new MusterError('ERR_AGGREGATE_OVERFLOW', { bits });
      examples += weight;
      (held[filled] as Int32Array).set(change);
      weights[filled++] = weight;
      if (filled === TOGETHER) flush();
    },
    finish(base) {
      if (base.length !== parameters) throw new TypeError(`base of ${base.length} values for ${parameters} parameters`);
      if (examples === 0) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted updates', count: 0, needed: 1 });
      flush();
      const scale = 2 ** format.fractionBits;
      const model = new Float32Array(parameters);
      // a power of two divides exactly, so there is one rounding to double and one to float32
      for (let i = 0; i < parameters; i++) model[i] = (base[i] as number) + (sums[i] as number) / examples / scale;
      return model;
    },
  };
}
