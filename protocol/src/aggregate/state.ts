// State beside parameters: running statistics of a model's normalisations, which training carries on without gradients.
// They have a rule of their own, whatever the job's rule is: norms, medians or scores of parameters say nothing about them.

import { z } from 'zod';
import { verifyMagnitude, type FixedPoint } from '../bytes/fixed-point.ts';
import type { Issue } from '../catalogue.ts';
import { MusterError } from '../errors.ts';
import type { Aggregator, AggregatorOptions, Contribution } from './aggregator.ts';
import { createAggregator, type RuleTerms } from './rules.ts';
import type { Place } from './take-change.ts';

/** What may become of a model's state, see {@link stateSchema}. */
export const STATE_RULES = ['mean', 'keep'] as const;
export type StateRule = (typeof STATE_RULES)[number];

const names = z.array(z.string().min(1).max(200)).max(2048);

export const stateSchema = z.strictObject({
  /**
   * mean: weighted by examples as in FedAvg (McMahan et al. 2017), and nothing robust;
   * keep: stays what the base has, as each agent's own statistics would (FedBN, Li et al. 2021)
   */
  rule: z.enum(STATE_RULES),
  /** names of the model's state, sorted */
  tensors: names.min(1),
  /** those of them that are variances, sorted: after aggregation what is below 0 becomes 0 */
  nonNegative: names,
});
export type StateTerms = z.infer<typeof stateSchema>;

/** A tensor's place in the model: its name and how many values it has. */
export interface Extent {
  readonly name: string;
  readonly values: number;
}

/** The tensors that training changes by gradients: all but the state. What a rule carries, it carries of these. */
export function trainedOf<T extends { readonly name: string }>(
  { state }: { readonly state?: StateTerms | undefined },
  tensors: readonly T[],
): readonly T[] {
  if (state === undefined) return tensors;
  const names = new Set(state.tensors);
  return tensors.filter(({ name }) => !names.has(name));
}

const isSorted = (list: readonly string[]): boolean =>
  list.every((name, i) => i === 0 || (list[i - 1] as string) < name);

/** What is wrong with a job's state. */
export function stateIssues(state: StateTerms | undefined): Issue[] {
  if (state === undefined) return [];
  const found: Issue[] = [];
  const must = (holds: boolean, field: string, problem: string): void => {
    if (!holds) found.push({ field, problem });
  };
  must(isSorted(state.tensors), 'state.tensors', 'must be sorted, each once');
  must(isSorted(state.nonNegative), 'state.nonNegative', 'must be sorted, each once');
  const tensors = new Set(state.tensors);
  must(
    state.nonNegative.every((name) => tensors.has(name)),
    'state.nonNegative',
    'must be among state.tensors',
  );
  return found;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Positions of the tensors that are, or are not, among the named; neighbours are one range. */
function rangesOf(layout: readonly Extent[], isTaken: (name: string) => boolean): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const { name, values } of layout) {
    const last = ranges.at(-1);
    if (isTaken(name)) {
      if (last?.end === at) ranges[ranges.length - 1] = { start: last.start, end: at + values };
      else ranges.push({ start: at, end: at + values });
    }
    at += values;
  }
  return ranges;
}

function take<D extends Float32Array | Int32Array>(from: D, ranges: readonly Range[], into: D): D {
  let at = 0;
  for (const { start, end } of ranges) {
    into.set(from.subarray(start, end), at);
    at += end - start;
  }
  return into;
}

function put(part: Float32Array, ranges: readonly Range[], into: Float32Array): void {
  let at = 0;
  for (const { start, end } of ranges) {
    into.set(part.subarray(at, at + end - start), start);
    at += end - start;
  }
}

const sizeOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { start, end }) => sum + end - start, 0);

/** The tensor and the index in it of a model's value. */
function placeIn(layout: readonly Extent[], at: number): Place {
  let end = 0;
  const extent = layout.find(({ values }) => at < (end += values)) as Extent;
  return { tensor: extent.name, index: at - (end - extent.values) };
}

/** What of a model's values training changes by gradients: how many, and how to take them out of a change of all. */
export function trainedPart(
  { state }: { readonly state?: StateTerms | undefined },
  layout: readonly Extent[],
): { readonly values: number; readonly take: (change: Int32Array) => Int32Array } {
  const names = new Set(state?.tensors);
  const ranges = rangesOf(layout, (name) => !names.has(name));
  const values = sizeOf(ranges);
  return { values, take: (change) => take(change, ranges, new Int32Array(values)) };
}

/** @throws ERR_UPDATE_RANGE naming the tensor */
export function verifyMagnitudes(change: Int32Array, layout: readonly Extent[], format: FixedPoint): void {
  let at = 0;
  for (const { name, values } of layout) verifyMagnitude(name, change.subarray(at, (at += values)), format);
}

/** Where a variance came out below 0, by rounding or by a false update, it is 0: a square root of it stays a number. */
function clamp(model: Float32Array, ranges: readonly Range[]): void {
  for (const { start, end } of ranges) {
    for (let i = start; i < end; i++) if ((model[i] as number) < 0) model[i] = 0;
  }
}

/**
 * The aggregator of a whole model: the job's rule over its parameters, the state's own rule over its state.
 * @param layout the model's tensors, in its order
 * @throws ERR_RULE_UNKNOWN, ERR_UPDATE_LAYOUT where the model lacks a tensor that the state names
 */
export function createModelAggregator(
  terms: { readonly rule: RuleTerms; readonly state?: StateTerms | undefined; readonly fixedPoint: FixedPoint },
  layout: readonly Extent[],
  surroundings: Pick<AggregatorOptions, 'kernels' | 'store' | 'draws' | 'carry' | 'root'> = {},
): Aggregator {
  const { rule, state, fixedPoint } = terms;
  const values = layout.reduce((sum, extent) => sum + extent.values, 0);
  const options = { ...surroundings, fixedPoint, locate: (at: number): Place => placeIn(layout, at) };
  if (state === undefined) return createAggregator(rule, { ...options, parameters: values });
  const known = new Set(layout.map(({ name }) => name));
  const missing = state.tensors.find((name) => !known.has(name));
  if (missing !== undefined) {
    throw new MusterError('ERR_UPDATE_LAYOUT', {
      reason: `the model has no tensor ${missing}, which the job's state names`,
    });
  }
  const carried = new Set(state.tensors);
  const variances = new Set(state.nonNegative);
  const trainedRanges = rangesOf(layout, (name) => !carried.has(name));
  const stateRanges = rangesOf(layout, (name) => carried.has(name));
  const floors = rangesOf(layout, (name) => variances.has(name));
  const [trainedSize, stateSize] = [sizeOf(trainedRanges), sizeOf(stateRanges)];
  const trained = createAggregator(rule, { ...options, parameters: trainedSize });
  const statistics =
    state.rule === 'mean'
      ? createAggregator(
          { name: 'fed-avg', options: {} },
          { ...options, carry: [], root: undefined, parameters: stateSize },
        )
      : undefined;
  const trainedPart = ({ change, ...by }: Contribution): Contribution => ({
    ...by,
    change: take(change, trainedRanges, new Int32Array(trainedSize)),
  });
  const statePart = ({ change, ...by }: Contribution): Contribution => ({
    ...by,
    change: take(change, stateRanges, new Int32Array(stateSize)),
  });
  const { remove } = trained;
  // the statistics' rule follows from sums
  const removeState = statistics?.remove;
  const removeFrom = (from: Required<Aggregator>['remove']): Pick<Aggregator, 'remove'> => ({
    remove: (contribution) => {
      from(trainedPart(contribution));
      removeState?.(statePart(contribution));
    },
  });
  return {
    carry: trained.carry,
    ...(remove === undefined ? {} : removeFrom(remove)),
    add(contribution) {
      const { change } = contribution;
      if (change.length !== values) throw new TypeError(`${change.length} values for ${values} parameters`);
      // before one of the two has taken its part
      verifyMagnitudes(change, layout, fixedPoint);
      trained.add(trainedPart(contribution));
      statistics?.add(statePart(contribution));
    },
    finish(base) {
      if (base.length !== values) throw new TypeError(`base of ${base.length} values for ${values} parameters`);
      const model = base.slice();
      put(trained.finish(take(base, trainedRanges, new Float32Array(trainedSize))), trainedRanges, model);
      if (statistics !== undefined) {
        put(statistics.finish(take(base, stateRanges, new Float32Array(stateSize))), stateRanges, model);
      }
      clamp(model, floors);
      return model;
    },
  };
}
