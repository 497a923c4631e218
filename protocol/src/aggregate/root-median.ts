// The root update of a round (FLTrust, Cao et al. 2021, section 4): the median, value by value, of what the organisations'
// validators trained on the job's root data. While fewer than half of them lie, no value leaves the range of the honest ones.

import type { FixedPoint } from '../bytes/fixed-point.ts';
import { trainedPart, verifyMagnitudes, type Extent, type StateTerms } from './state.ts';
import { createMemoryStore, type ChangeStore, type HeldChange } from './store.ts';

export interface RootMedian {
  /** of the trained parameters, in units of the fixed point: 0 until {@link RootMedian.finish} fills it in */
  readonly root: Int32Array;
  /**
   * Takes a root update: the change of the whole model, whose memory may be used again afterwards.
   * @throws ERR_UPDATE_RANGE
   */
  add(change: Int32Array): void;
  /** Fills in the median of what was added; of an even number the mean of the two in the middle, halves up. */
  finish(): void;
}

/** Values that are read of each update at once. */
const BLOCK = 16_384;

/** Sorts the first few numbers of an array, ascending: they are a handful, and mostly equal. */
function sortInPlace(values: Int32Array): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
}

/** The mean of the middle two, which are one of an odd number; doubles hold the sum exactly. */
function middleOf(sorted: Int32Array): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] as number;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[half - 1] as number);
  return Math.floor((lower + upper + 1) / 2);
}

function fill(root: Int32Array, held: readonly HeldChange[]): void {
  const column = new Int32Array(held.length);
  const rows = held.map(() => new Int32Array(BLOCK));
  for (let from = 0; from < root.length; from += BLOCK) {
    const count = Math.min(BLOCK, root.length - from);
    held.forEach((change, i) => change.read(from, (rows[i] as Int32Array).subarray(0, count)));
    for (let at = 0; at < count; at++) {
      for (let i = 0; i < rows.length; i++) column[i] = (rows[i] as Int32Array)[at] as number;
      sortInPlace(column);
      root[from + at] = middleOf(column);
    }
  }
}

/**
 * The median of a round's root updates.
 * @param layout the model's tensors, in its order
 * @param store where updates are held until all are there; memory by default
 */
export function createRootMedian(
  terms: { readonly state?: StateTerms | undefined; readonly fixedPoint: FixedPoint },
  layout: readonly Extent[],
  store: ChangeStore = createMemoryStore(),
): RootMedian {
  const { values, take } = trainedPart(terms, layout);
  const root = new Int32Array(values);
  const held: HeldChange[] = [];
  return {
    root,
    add(change) {
      verifyMagnitudes(change, layout, terms.fixedPoint);
      held.push(store.hold(take(change)));
    },
    finish() {
      if (held.length === 0) throw new TypeError('no root update was added');
      fill(root, held);
    },
  };
}
