// Cases of gradient checks: reductions.
import { int } from '../../../edge-agent/src/train/graph/index.ts';
import { onVector, type Case } from './net.ts';

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
];
