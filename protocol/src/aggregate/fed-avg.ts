// FedAvg (McMahan et al. 2017, algorithm 1): the mean of the changes, weighted by examples.

import { bitLength } from '../bytes/fixed-point.ts';
import { MusterError } from '../errors.ts';
import type { AggregatorOptions, ChangeMaker } from './aggregator.ts';
import { openKernels } from './kernels/kernels.ts';
import { padded, room } from './kernels/layout.ts';
import { takeChange } from './take-change.ts';

/** Changes that are summed at once. The sums are twice as many bytes as a change, and are read and written once for all. */
const TOGETHER = 4;

/**
 * Sums weight × change in doubles. Both are integers, so every sum below 2^53 is exact and neither the order of arrival nor
 * the grouping matters; only the last division and rounding are inexact, and they happen once, in one order.
 */
export function createFedAvg({ parameters, fixedPoint, locate, kernels: kind }: AggregatorOptions): ChangeMaker {
  const stride = padded(Math.max(parameters, 1));
  const kernels = openKernels(room(stride, 8) + room(TOGETHER * stride, 4), kind);
  const sums = kernels.float64(stride);
  // copies: who adds may use the memory of a change again
  const rows = kernels.int32(TOGETHER * stride);
  const weights: [number, number, number, number] = [0, 0, 0, 0];
  let filled = 0;
  let examples = 0;
  const flush = (): void => {
    // of a row that was not filled the weight is 0
    kernels.addFour(sums, rows, weights);
    weights.fill(0);
    filled = 0;
  };
  const take = (weight: number, change: Int32Array): void => {
    takeChange(kernels, change, rows.subarray(filled * stride, (filled + 1) * stride), { format: fixedPoint, locate });
    const bits = fixedPoint.magnitudeBits + bitLength(examples + weight);
    if (bits > 53) throw new MusterError('ERR_AGGREGATE_OVERFLOW', { bits });
    examples += weight;
    weights[filled++] = weight;
    if (filled === TOGETHER) flush();
  };
  return {
    add: ({ examples: weight, change }) => take(weight, change),
    // sums of integers that were exact with it are exact without it
    remove: ({ examples: weight, change }) => take(0 - weight, change),
    finish() {
      if (examples === 0) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted updates', count: 0, needed: 1 });
      flush();
      const scale = 2 ** fixedPoint.fractionBits;
      return (from, into) => {
        // a power of two divides exactly, so there is one rounding to double and, of the model, one to float32
        for (let i = 0; i < into.length; i++) into[i] = (sums[from + i] as number) / examples / scale;
      };
    },
  };
}
