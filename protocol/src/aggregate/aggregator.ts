// What every aggregation rule makes: something that takes a round's updates one by one and gives the new parameters.

import type { FixedPoint } from '../bytes/fixed-point.ts';
import type { KernelKind } from './kernels/kernels.ts';
import { BLOCK } from './kernels/layout.ts';
import type { ChangeStore } from './store.ts';
import type { Place } from './take-change.ts';
import type { Carried } from './rule.ts';

/** One accepted update: the change of all parameters, end to end in the model's order, and the examples behind it. */
export interface Contribution {
  /** the agent's name, once in a round: rules that tell updates apart take them in this order */
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
  /** Takes out what was added, exactly; only of rules whose aggregate follows from sums. It may be added again. */
  readonly remove?: (contribution: Contribution) => void;
  /**
   * The new parameters, rounded to the nearest float32.
   * @throws ERR_QUORUM_SHORT where nothing was added, ERR_RULE_BOUND where the rule promises nothing for so few
   */
  finish(base: Float32Array): Float32Array;
  /** what the rule hands to the next round, in the order of {@link carriedBy}; complete once the model is finished */
  readonly carry: readonly Float32Array[];
}

export interface AggregatorOptions {
  /** how many numbers a change has */
  readonly parameters: number;
  readonly fixedPoint: FixedPoint;
  /** where a value of a change stands in the model; for errors */
  readonly locate?: ((at: number) => Place) | undefined;
  /** which inner loops; the bits are the same */
  readonly kernels?: KernelKind | undefined;
  /** where changes are held by rules that must see all of them; memory by default */
  readonly store?: ChangeStore | undefined;
  /** blocks of a held change that are read at once; the bits are the same */
  readonly blocksAtOnce?: number | undefined;
  /** the root update, of rules that need one */
  readonly root?: Int32Array | undefined;
  /** what random draws depend on: the job's seed and the round */
  readonly draws?: string | undefined;
  /** what the rule handed on a round ago, each as many values as there are parameters; zeros where nothing was */
  readonly carry?: readonly Float32Array[] | undefined;
}

/** What a rule's maker works with. */
export interface MakerOptions extends AggregatorOptions {
  /** in the order in which the rule names them */
  readonly carried: readonly Carried[];
}

/** Fills an array with the aggregate change from a position on, in units of the parameters. Called in order of positions. */
export type ReadChange = (from: number, into: Float64Array) => void;

/** What a rule makes of contributions. */
export interface ChangeMaker {
  add(contribution: Contribution): void;
  readonly remove?: (contribution: Contribution) => void;
  finish(): ReadChange;
}

/** The aggregator that adds a rule's change to the base. */
export function toAggregator(maker: ChangeMaker, parameters: number, carry: readonly Float32Array[]): Aggregator {
  const { remove } = maker;
  return {
    carry,
    ...(remove === undefined ? {} : { remove }),
    add(contribution) {
      const { length } = contribution.change;
      if (length !== parameters) throw new TypeError(`${length} values for ${parameters} parameters`);
      maker.add(contribution);
    },
    finish(base) {
      if (base.length !== parameters) throw new TypeError(`base of ${base.length} values for ${parameters} parameters`);
      const read = maker.finish();
      const model = new Float32Array(parameters);
      const change = new Float64Array(BLOCK);
      for (let from = 0; from < parameters; from += BLOCK) {
        const part = change.subarray(0, Math.min(BLOCK, parameters - from));
        read(from, part);
        for (let i = 0; i < part.length; i++) model[from + i] = (base[from + i] as number) + (part[i] as number);
      }
      return model;
    },
  };
}
