// Cases of gradient checks: what moves values.
import { int, ints } from '../../../edge-agent/src/train/graph/index.ts';
import { onMatrices, onVector, type Case } from './net.ts';

export const LAYOUT_CASES: readonly Case[] = [
  onVector('Reshape and Transpose', (net, x) => {
    const cube = net.op('Reshape', [x, net.shaped(0, 2, 2)]);
    const turned = net.op('Transpose', [net.op('Tanh', [cube])], { perm: ints([0, 2, 1]) });
    return net.op('Reshape', [turned, net.shaped(-1, 4)]);
  }),
  onMatrices('Concat of three', 24 + 12, (net, x) => {
    const parts = [x, net.op('Tanh', [x]), net.op('Neg', [x])];
    return net.op('Concat', parts, { axis: int(-1) });
  }),
  onMatrices('Concat of one', 12, (net, x) => net.op('Concat', [x], { axis: int(1) })),
  onMatrices('Split of which one part is not used', 6, (net, x) => {
    const [, second = ''] = net.outputs('Split', [x], { axis: int(-1), num_outputs: int(2) }, 2);
    return net.op('Tanh', [second]);
  }),
  onMatrices('Split of which one part is smaller', 9, (net, x) => {
    const [, second = ''] = net.outputs('Split', [x], { axis: int(1), num_outputs: int(2) }, 2);
    const [left = '', right = ''] = net.outputs('Split', [x, net.whole([1, 3])], { axis: int(2) }, 2);
    return net.op('Add', [net.op('Mul', [left, right]), net.op('ReduceMax', [second])]);
  }),
  onMatrices('Split into named parts', 9, (net, x) => {
    const [left = '', right = ''] = net.outputs('Split', [x, net.whole([1, 3])], { axis: int(2) }, 2);
    return net.op('Mul', [left, right]);
  }),
  onMatrices('Squeeze and Unsqueeze', 12, (net, x) => {
    const wide = net.op('Unsqueeze', [x, net.whole([-1, 1])]);
    return net.op('Squeeze', [net.op('Tanh', [wide]), net.whole([1])]);
  }),
  onMatrices('Squeeze of every axis of size 1', 12, (net, x) =>
    net.op('Squeeze', [net.op('Tanh', [net.op('Unsqueeze', [x, net.whole([2])])])]),
  ),
  onMatrices('Expand of new and old axes', 24, (net, x) => {
    const mean = net.op('ReduceMean', [x, net.whole([2])]);
    return net.op('Mul', [
      net.op('Unsqueeze', [x, net.whole([1])]),
      net.op('Expand', [net.op('Unsqueeze', [mean, net.whole([1])]), net.whole([1, 2, 1, 4])]),
    ]);
  }),
  onMatrices('Tile', 48, (net, x) => net.op('Tile', [x, net.whole([1, 2, 2])])),
  onMatrices('Trilu below', 12, (net, x) => net.op('Trilu', [x, net.whole([1], 1)], { upper: int(0) })),
  onMatrices('Trilu above', 12, (net, x) => net.op('Trilu', [x])),
];
