// Rules that look at each parameter by itself: median and trimmed mean (Yin et al. 2018), mean around median (Xie et al. 2018).

import { STRIDE, type Block } from '../kernels/layout.ts';
import type { Prepare } from './held.ts';
import { divide, sumOfRows, upTo, type Workspace } from './rows.ts';
import { groupingNetwork, sortingNetwork } from './sorting-network.ts';

/** Applies a network's comparators to each column. */
function sorter(pairs: Int32Array, { kernels }: Workspace): (block: Block) => void {
  // a network that compares nothing is one empty array, without memory of the kernels
  const network = pairs.length === 0 ? pairs : kernels.int32(pairs.length);
  pairs.forEach((row, i) => {
    network[i] = row * STRIDE * 8;
  });
  return (block) => kernels.sort(block, network);
}

/** The mean of neighbouring rows; division is last, so that sums of integers stay exact. */
function meanOf(first: number, count: number, workspace: Workspace): (block: Block, out: Float64Array) => void {
  const sum = sumOfRows(
    upTo(count).map((i) => first + i),
    workspace,
  );
  return (block, out) => {
    sum.write(block, out);
    divide(out, count);
  };
}

/** The first of the median's rows among sorted ones, and how many they are: the middle one, or the two. */
function middleRows(count: number): [first: number, count: number] {
  const odd = count % 2;
  return [(count - 2 + odd) / 2, 2 - odd];
}

/** The median of sorted rows. */
function middleOf(count: number, workspace: Workspace): (block: Block, out: Float64Array) => void {
  return meanOf(...middleRows(count), workspace);
}

/** Below `first`, from there below `end`, and the rest. */
const parted =
  (first: number, end: number) =>
  (position: number): number =>
    position < first ? 0 : position < end ? 1 : 2;

export const median: Prepare = ({ count }, workspace) => {
  const [first, size] = middleRows(count);
  const sort = sorter(groupingNetwork(count, parted(first, first + size)), workspace);
  const middle = middleOf(count, workspace);
  return (block, _from, out) => {
    sort(block);
    middle(block, out);
  };
};

/** Without the f lowest and the f highest. */
export const trimmedMean: Prepare = ({ count, f, integral }, workspace) => {
  // sums of integers are exact in any order; others are made from the lowest on
  const pairs = integral ? groupingNetwork(count, parted(f, count - f)) : sortingNetwork(count);
  const sort = sorter(pairs, workspace);
  const mean = meanOf(f, count - 2 * f, workspace);
  return (block, _from, out) => {
    sort(block);
    mean(block, out);
  };
};

/** The mean of the values nearest to the median, of two as near the lower. */
export function meanAroundMedian(
  count: number,
  nearest: number,
  workspace: Workspace,
): (block: Block, out: Float64Array) => void {
  const sort = sorter(sortingNetwork(count), workspace);
  const middle = middleOf(count, workspace);
  const centre = workspace.row();
  const lowest = sumOfRows(upTo(nearest), workspace);
  return (block, out) => {
    sort(block);
    middle(block, centre);
    lowest.write(block, out);
    workspace.kernels.slide(block, count, nearest, centre, out);
    divide(out, nearest);
  };
}

export const meamed: Prepare = ({ count, f }, workspace) => {
  const write = meanAroundMedian(count, count - f, workspace);
  return (block, _from, out) => write(block, out);
};
