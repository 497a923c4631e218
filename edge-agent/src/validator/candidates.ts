// Candidates: the models by which updates are scored. The base with one change in its share, or the aggregate with one left out.

import {
  createModelAggregator,
  type Aggregator,
  type AggregatorOptions,
  type Contribution,
  type Extent,
  type HeldChange,
  type ScoresTerms,
} from '@muster/protocol';
import { createSpillingStore, HELD_BYTES } from './spilling-store.ts';
import type { TallyTerms } from './tally.ts';

const FED_AVG = { name: 'fed-avg', options: {} };
/** The rule may hold as much again for itself. */
const BUDGET = HELD_BYTES / 4;

export interface CandidateOptions {
  readonly terms: TallyTerms & { readonly scores: ScoresTerms };
  readonly layout: readonly Extent[];
  readonly base: Float32Array;
  /** what else the rule goes by, as the round's own aggregator has it; the root update is complete once the model is made */
  readonly surroundings: Pick<AggregatorOptions, 'draws' | 'carry' | 'root'>;
  /** the round's own aggregator; it is given back as it was */
  readonly aggregator: Aggregator;
}

export interface Candidates {
  /** Keeps an update that the aggregate has. */
  hold(contribution: Contribution): void;
  /** Parameters of an update's candidate. @throws what the rule throws for one update less */
  of(by: string): Float32Array;
  close(): void;
}

type Held = Omit<Contribution, 'change'> & { readonly change: HeldChange };
/** Makes a candidate from an update and all of them. */
type Make = (one: Held, all: readonly Held[]) => Float32Array;

export function createCandidates({ terms, layout, base, surroundings, aggregator }: CandidateOptions): Candidates {
  const store = createSpillingStore(BUDGET);
  const held = new Map<string, Held>();
  const loaded = ({ change, ...rest }: Held): Contribution => {
    const values = new Int32Array(base.length);
    change.read(0, values);
    return { ...rest, change: values };
  };

  const inItsShare = (): Make => {
    const sums = createModelAggregator({ ...terms, rule: FED_AVG }, layout) as Required<Aggregator>;
    const nothing = new Int32Array(base.length);
    return (one, all) => {
      const others = { by: '', examples: all.length - 1, change: nothing };
      const parts = [{ ...loaded(one), examples: 1 }, ...(all.length > 1 ? [others] : [])];
      for (const part of parts) sums.add(part);
      const model = sums.finish(base);
      for (const part of parts) sums.remove(part);
      return model;
    };
  };
  const subtracted = (remove: Required<Aggregator>['remove']): Make => {
    return (one) => {
      const contribution = loaded(one);
      remove(contribution);
      const model = aggregator.finish(base);
      aggregator.add(contribution);
      return model;
    };
  };
  const run: Make = (one, all) => {
    const changes = createSpillingStore(BUDGET);
    try {
      const again = createModelAggregator(terms, layout, { ...surroundings, store: changes });
      for (const each of all) if (each !== one) again.add(loaded(each));
      return again.finish(base);
    } finally {
      changes.close();
    }
  };
  const leftOut = (): Make => (aggregator.remove === undefined ? run : subtracted(aggregator.remove));
  const make = terms.scores.method === 'loss-difference' ? inItsShare() : leftOut();

  return {
    hold({ by, examples, change }) {
      held.set(by, { by, examples, change: store.hold(change) });
    },
    of(by) {
      const one = held.get(by);
      if (one === undefined) throw new TypeError(`${by} was not added`);
      return make(one, [...held.values()]);
    },
    close: () => store.close(),
  };
}
