// Rules that shrink what is far away: norm clipping (Sun et al. 2019), geometric median by smoothed Weiszfeld steps (Pillutla et
// al. 2022), centred clipping (Karimireddy et al. 2021). Each is a sum of the updates with weights that few passes find.

import type { Prepare, WriteBlock } from './held.ts';
import type { Carried } from '../rule.ts';
import { squaredDistancesTo, sumOfRows, upTo, type Workspace } from './rows.ts';

const ascending = (a: number, b: number): number => a - b;

/** The median of some numbers: of an even count, the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort(ascending);
  const middle = (sorted.length - (sorted.length % 2)) / 2;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** min(1, limit / norm), and 1 of a row of zeros. */
export const shrink = (limit: number, norm: number): number => (norm > limit ? limit / norm : 1);

/** All rows with weights, which are 1 to begin with. */
export function weighted(count: number, workspace: Workspace): { weights: Float64Array; write: WriteBlock } {
  const sum = sumOfRows(upTo(count), workspace);
  return { weights: sum.weights, write: (block, _from, out) => sum.write(block, out) };
}

export interface NormClippingOptions {
  /** what norms are cut to, in units of the parameters; the median of the norms where it is not said */
  readonly norm?: number | undefined;
}

export const normClipping =
  ({ norm }: NormClippingOptions): Prepare =>
  (rows, workspace, { scale }) => {
    const norms = Array.from(squaredDistancesTo(rows, workspace), Math.sqrt);
    const limit = norm === undefined ? medianOf(norms) : norm * scale;
    const { weights, write } = weighted(rows.count, workspace);
    norms.forEach((each, i) => {
      weights[i] = shrink(limit, each) / rows.count;
    });
    return write;
  };

export interface GeometricMedianOptions {
  /** distances below it count as it, in units of the parameters */
  readonly nu: number;
  readonly iterations: number;
}

/** z ← Σ w x / Σ w with w = 1 / max(ν, ‖x − z‖), from z = 0 on. */
export const geometricMedian =
  ({ nu, iterations }: GeometricMedianOptions): Prepare =>
  (rows, workspace, { scale }) => {
    const { weights, write: centre } = weighted(rows.count, workspace);
    weights.fill(0);
    for (let step = 0; step < iterations; step++) {
      const near = squaredDistancesTo(rows, workspace, centre);
      let sum = 0;
      for (let i = 0; i < rows.count; i++) {
        weights[i] = 1 / Math.max(nu * scale, Math.sqrt(near[i] as number));
        sum += weights[i] as number;
      }
      for (let i = 0; i < rows.count; i++) weights[i] = (weights[i] as number) / sum;
    }
    return centre;
  };

export interface CentredClippingOptions {
  /** radius around the centre, in units of the parameters */
  readonly tau: number;
  readonly iterations: number;
}

/**
 * v ← v + mean((x − v) · min(1, τ / ‖x − v‖)), so that v stays a sum of the updates and of the v it began with: the weight of
 * that one goes down by the mean of the factors each time.
 * The v to begin with is the one that the round before ended with: it is what the rule carries.
 */
export const centredClipping =
  ({ tau, iterations }: CentredClippingOptions): Prepare =>
  (rows, workspace, { scale, carried }) => {
    const { count } = rows;
    const [{ before, after }] = carried as [Carried];
    const { weights, write } = weighted(count, workspace);
    weights.fill(0);
    const origin = workspace.row();
    let ofStart = 1;
    const centre: WriteBlock = (block, from, out) => {
      write(block, from, out);
      // beyond the last parameter stands 0
      origin.fill(0).set(before.subarray(from, from + origin.length));
      for (let i = 0; i < out.length; i++) out[i] = ofStart * (origin[i] as number) * scale + (out[i] as number);
    };
    for (let step = 0; step < iterations; step++) {
      const far = squaredDistancesTo(rows, workspace, centre);
      const factors = Array.from(far, (square) => shrink(tau * scale, Math.sqrt(square)));
      const kept = 1 - factors.reduce((sum, factor) => sum + factor, 0) / count;
      factors.forEach((factor, i) => {
        weights[i] = kept * (weights[i] as number) + factor / count;
      });
      ofStart *= kept;
    }
    return (block, from, out) => {
      centre(block, from, out);
      // a power of two divides exactly: the one rounding is to float32
      for (let i = 0; i < out.length && from + i < after.length; i++) after[from + i] = (out[i] as number) / scale;
    };
  };
