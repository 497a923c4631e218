// Rules that look at each parameter by itself: median and trimmed mean (Yin et al. 2018), mean around median (Xie et al. 2018).

import { STRIDE, type Block } from '../kernels/layout.ts';
import type { Prepare } from './held.ts';
import { divide, sumOfRows, upTo, type Workspace } from './rows.ts';
import { sortingNetwork } from './sorting-network.ts';

/** Sorts each column of so many rows. */
function sorter(count: number, { kernels }: Workspace): (block: Block) => void {
  const pairs = sortingNetwork(count);
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

/** The median's rows among sorted ones: the middle one, or the two. */
function middleOf(count: number, workspace: Workspace): (block: Block, out: Float64Array) => void {
  const odd = count % 2;
  return meanOf((count - 2 + odd) / 2, 2 - odd, workspace);
}

export const median: Prepare = ({ count }, workspace) => {
  const sort = sorter(count, workspace);
  const middle = middleOf(count, workspace);
  return (block, _from, out) => {
    sort(block);
    middle(block, out);
  };
};

/** Without the f lowest and the f highest. */
export const trimmedMean: Prepare = ({ count, f }, workspace) => {
  const sort = sorter(count, workspace);
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
  const sort = sorter(count, workspace);
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
