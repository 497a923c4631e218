// FedAvg (McMahan et al. 2017, algorithm 1): the mean of the changes, weighted by examples.

import { bitLength, type FixedPoint } from '../bytes/fixed-point.ts';
import { MusterError } from '../errors.ts';
import type { Aggregator } from './rules.ts';

/**
 * Sums weight × change in doubles. Both are integers, so every sum below 2^53 is exact and the order of arrival does not
 * matter; only the last division and rounding are inexact, and they happen once, in one order.
 */
export function createFedAvg(parameters: number, format: FixedPoint): Aggregator {
  const sums = new Float64Array(parameters);
  let examples = 0;
  return {
    add({ examples: weight, change }) {
      if (change.length !== parameters) throw new TypeError(`${change.length} values for ${parameters} parameters`);
      const bits = format.magnitudeBits + bitLength(examples + weight);
      if (bits > 53) throw new MusterError('ERR_AGGREGATE_OVERFLOW', { bits });
      examples += weight;
      for (let i = 0; i < parameters; i++) sums[i] = (sums[i] as number) + weight * (change[i] as number);
    },
    finish(base) {
      if (base.length !== parameters) throw new TypeError(`base of ${base.length} values for ${parameters} parameters`);
      if (examples === 0) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted updates', count: 0, needed: 1 });
      const scale = 2 ** format.fractionBits;
      const model = new Float32Array(parameters);
      // a power of two divides exactly, so there is one rounding to double and one to float32
      for (let i = 0; i < parameters; i++) model[i] = (base[i] as number) + (sums[i] as number) / examples / scale;
      return model;
    },
  };
}
