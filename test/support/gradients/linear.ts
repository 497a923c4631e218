// Cases of gradient checks: Gemm and MatMul.
import { float, int, ints } from '../../../edge-agent/src/train/graph/index.ts';
import { onVector, type Case } from './net.ts';

export const LINEAR_CASES: readonly Case[] = [
  onVector('MatMul', (net, x) => net.op('MatMul', [x, net.weight(4, 4)])),
  onVector('Gemm with both sides transposed', (net, x) => {
    const turned = net.op('Transpose', [x], { perm: ints([1, 0]) });
    const attributes = { transA: int(1), transB: int(1), alpha: float(0.7), beta: float(0.3) };
    return net.op('Gemm', [turned, net.weight(4, 4), net.weight(4)], attributes);
  }),
  onVector('Gemm with the right side transposed', (net, x) =>
    net.op('Gemm', [x, net.weight(4, 4)], { transB: int(1) }),
  ),
  onVector('Gemm with the left side transposed', (net, x) => {
    const square = net.op('Gemm', [x, x], { transA: int(1) });
    return net.op('MatMul', [x, square]);
  }),
];
