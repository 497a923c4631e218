// What every aggregation rule makes: something that takes a round's updates one by one and gives the new parameters.

import type { FixedPoint } from '../bytes/fixed-point.ts';
import type { KernelKind } from './kernels/kernels.ts';
import type { Place } from './take-change.ts';

/** One accepted update: the change of all parameters, end to end in the model's order, and the examples behind it. */
export interface Contribution {
  readonly by: string;
  readonly examples: number;
  readonly change: Int32Array;
}

/** Takes contributions one by one, in any order, and gives the new parameters. */
export interface Aggregator {
  /**
   * Takes a contribution, whole or not at all. The memory of its change may be used again afterwards.
   * @throws ERR_UPDATE_RANGE, ERR_AGGREGATE_OVERFLOW where sums would no longer be exact
   */
  add(contribution: Contribution): void;
  /**
   * The new parameters, rounded to the nearest float32.
   * @throws ERR_QUORUM_SHORT where nothing was added
   */
  finish(base: Float32Array): Float32Array;
}

export interface AggregatorOptions {
  /** how many numbers a change has */
  readonly parameters: number;
  readonly fixedPoint: FixedPoint;
  /** where a value of a change stands in the model; for errors */
  readonly locate?: ((at: number) => Place) | undefined;
  /** which inner loops; the bits are the same */
  readonly kernels?: KernelKind | undefined;
}
