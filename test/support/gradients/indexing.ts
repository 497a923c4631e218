// Cases of gradient checks: what picks or places by position.
import { int } from '../../../edge-agent/src/train/graph/index.ts';
import { BATCH, onMatrices, onVector, type Case } from './net.ts';

/** Positions that are only known when the graph runs: 0, 1 or 2, from the examples. */
const positions = {
  name: 'positions',
  shape: [5] as const,
};

export const INDEXING_CASES: readonly Case[] = [
  {
    name: 'Gather of rows by positions known at run time, some more than once',
    shape: positions.shape,
    build: (net) => {
      const whole = net.op('Cast', [net.op('Mul', ['input', net.numbers([2.9])])], { to: int(7) });
      return net.head(
        net.op('ReduceSum', [net.op('Tanh', [net.op('Gather', [net.weight(3, 4), whole])]), net.whole([1])], {
          keepdims: int(0),
        }),
        4,
      );
    },
  },
  {
    name: 'Gather along an inner axis by positions known at run time',
    shape: positions.shape,
    build: (net) => {
      const whole = net.op('Cast', [net.op('Mul', ['input', net.numbers([2.9])])], { to: int(6) });
      const table = net.op('Gather', [net.weight(2, 3, 2), whole], { axis: int(1) });
      const first = net.op('Transpose', [table], { perm: { kind: 'ints', value: [1, 0, 2, 3] } });
      return net.head(net.op('Reshape', [first, net.shaped(BATCH, -1)]), 20);
    },
  },
  onMatrices('Gather of one known position', 4, (net, x) =>
    net.op('Gather', [x, net.constant({ dtype: 'int64', shape: [], data: BigInt64Array.of(-1n) })], { axis: int(1) }),
  ),
  onMatrices('Gather of known positions out of order', 6, (net, x) =>
    net.op('Gather', [x, net.whole([3, 0])], { axis: int(2) }),
  ),
  onMatrices('Gather of every position', 12, (net, x) =>
    net.op('Gather', [x, net.whole([0, 1, 2, 3])], { axis: int(-1) }),
  ),
  onMatrices('Gather of a known position twice', 9, (net, x) =>
    net.op('Gather', [x, net.whole([1, 1, 0])], { axis: int(2) }),
  ),
  onMatrices('GatherElements', 6, (net, x) =>
    net.op(
      'GatherElements',
      [
        x,
        net.whole(
          Array.from({ length: 18 }, (_, i) => (i * 5) % 4),
          3,
          3,
          2,
        ),
      ],
      { axis: int(2) },
    ),
  ),
  onMatrices('Slice of two axes', 4, (net, x) =>
    net.op('Slice', [x, net.whole([1, -3]), net.whole([9, -1]), net.whole([1, 2])]),
  ),
  onMatrices('Slice backwards with steps', 6, (net, x) =>
    net.op('Slice', [x, net.whole([-1]), net.whole([-99]), net.whole([2]), net.whole([-2])]),
  ),
  onMatrices('Slice with steps, beside a plain one', 4, (net, x) =>
    net.op('Slice', [x, net.whole([0, 1]), net.whole([3, 3]), net.whole([1, 2]), net.whole([2, 1])]),
  ),
  onMatrices('Slice of the leading axes', 8, (net, x) =>
    net.op('Slice', [x, net.whole([0, 1]), net.whole([BATCH, 3])]),
  ),
  onMatrices('Pad', 30, (net, x) => net.op('Pad', [x, net.whole([0, 1, 2, 0, 1, 0]), net.numbers([0.5])])),
  onMatrices('Pad of one axis, less and more', 9 + 6, (net, x) =>
    net.op('Pad', [x, net.whole([-1, 2]), '', net.whole([2])]),
  ),
  onVector('OneHot and ArgMax, through which nothing flows', (net, x) => {
    const largest = net.op('ArgMax', [x], { axis: int(1), keepdims: int(0) });
    const values = net.op('Constant', [], { value_floats: { kind: 'floats', value: [0.5, 2] } });
    return net.op('Mul', [x, net.op('OneHot', [largest, net.whole([4], 1), values])]);
  }),
];
