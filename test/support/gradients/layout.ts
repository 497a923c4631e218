// Cases of gradient checks: what moves values.
import { ints } from '../../../edge-agent/src/train/graph/index.ts';
import { onVector, type Case } from './net.ts';

export const LAYOUT_CASES: readonly Case[] = [
  onVector('Reshape and Transpose', (net, x) => {
    const cube = net.op('Reshape', [x, net.shaped(0, 2, 2)]);
    const turned = net.op('Transpose', [net.op('Tanh', [cube])], { perm: ints([0, 2, 1]) });
    return net.op('Reshape', [turned, net.shaped(-1, 4)]);
  }),
];
