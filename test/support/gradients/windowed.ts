// Cases of gradient checks: convolutions and pools.
import { int, ints } from '../../../edge-agent/src/train/graph/index.ts';
import { onImage, pads, type Case } from './net.ts';

export const WINDOWED_CASES: readonly Case[] = [
  onImage('Conv', 3 * 4 * 5, (net, x) => net.op('Conv', [x, net.weight(3, 2, 3, 3), net.weight(3)])),
  onImage('Conv with strides, pads and a remainder', 2 * 3 * 2, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 2, 3), net.weight(2)], { strides: ints([2, 3]), ...pads(0, 1, 0, 0) }),
  ),
  onImage('Conv that leaves much of its input unread', 2 * 2 * 2, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 1, 2)], { strides: ints([4, 4]) }),
  ),
  onImage('Conv with dilations', 2 * 4 * 3, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 2, 3)], { dilations: ints([2, 3]), ...pads(0, 1, 0, 1) }),
  ),
  onImage('Conv padded to the same size', 2 * 3 * 4, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 3, 3)], {
      strides: ints([2, 2]),
      auto_pad: { kind: 'string', value: 'SAME_UPPER' },
    }),
  ),
  onImage('MaxPool with disjoint windows', 2 * 3 * 3, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
  ),
  onImage('MaxPool with overlapping, padded windows', 2 * 3 * 4, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), ...pads(1, 1, 1, 1) }),
  ),
  onImage('AveragePool with a remainder', 2 * 3 * 3, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
  ),
  onImage('AveragePool that leaves its pads out', 2 * 6 * 7, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([3, 3]), ...pads(1, 1, 1, 1) }),
  ),
  onImage('AveragePool that counts its pads', 2 * 6 * 7, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([3, 3]), count_include_pad: int(1), ...pads(1, 1, 1, 1) }),
  ),
  onImage('GlobalAveragePool', 2, (net, x) => net.op('GlobalAveragePool', [net.op('Tanh', [x])])),
];
