// Cases of gradient checks: reductions.
import { int } from '../../../edge-agent/src/train/graph/index.ts';
import { onMatrices, onVector, type Case, type Net } from './net.ts';

/** Apart from each other, so that the largest and the smallest stay so while a weight is moved. */
function spread(net: Net, matrices: string): string {
  const steps = Array.from({ length: 12 }, (_, index) => ((index * 5) % 12) / 6 - 1);
  return net.op('Add', [matrices, net.numbers(steps, 3, 4)]);
}

export const REDUCTION_CASES: readonly Case[] = [
  onVector('ReduceMean', (net, x) =>
    net.op('Mul', [x, net.op('ReduceMean', [x, net.shaped(1)], { keepdims: int(1) })]),
  ),
  onVector(
    'ReduceMean without its axis',
    (net, x) => {
      const cube = net.op('Reshape', [x, net.shaped(0, 2, 2)]);
      return net.op('ReduceMean', [net.op('Tanh', [cube]), net.shaped(2)], { keepdims: int(0) });
    },
    2,
  ),
  ...['ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceLogSumExp', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'].flatMap(
    (operator) => [
      onMatrices(`${operator} over one axis`, 4, (net, x) =>
        net.op(operator, [x, net.whole([1])], { keepdims: int(0) }),
      ),
      onMatrices(`${operator} over two axes, kept`, 12, (net, x) =>
        net.op('Mul', [net.op('Mul', [x, net.numbers([0.3])]), net.op(operator, [spread(net, x), net.whole([-1, 1])])]),
      ),
    ],
  ),
  onMatrices('ReduceLogSum over one axis', 4, (net, x) => net.op('ReduceLogSum', [net.op('Exp', [x]), net.whole([1])])),
  onMatrices('ReduceSum and ReduceMax over everything', 12, (net, x) => {
    const largest = net.op('ReduceMax', [x], { keepdims: int(0) });
    return net.op('Mul', [
      x,
      net.op('Add', [largest, net.op('ReduceSum', [net.op('Tanh', [x])], { keepdims: int(0) })]),
    ]);
  }),
  ...['ReduceMean', 'ReduceMax', 'ReduceSum'].map((operator) =>
    onMatrices(`${operator} over no axes`, 12, (net, x) =>
      net.op(operator, [x, net.whole([], 0)], { noop_with_empty_axes: int(1) }),
    ),
  ),
  onMatrices('ReduceMax of equals', 4, (net, x) =>
    net.op('ReduceMax', [net.op('Concat', [x, x], { axis: int(1) }), net.whole([1])], { keepdims: int(0) }),
  ),
  ...[0, 1].flatMap((exclusive) =>
    [0, 1].map((reverse) =>
      onMatrices(`CumSum (exclusive ${exclusive}, reverse ${reverse})`, 12, (net, x) =>
        net.op('CumSum', [x, net.whole([1], 1)], { exclusive: int(exclusive), reverse: int(reverse) }),
      ),
    ),
  ),
];
