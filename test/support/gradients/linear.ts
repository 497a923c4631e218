// Cases of gradient checks: Gemm and MatMul.
import { float, int, ints } from '../../../edge-agent/src/train/graph/index.ts';
import { BATCH, onMatrices, onVector, type Case } from './net.ts';

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
  onMatrices('MatMul of batches and one matrix', 15, (net, x) => net.op('MatMul', [x, net.weight(4, 5)])),
  onMatrices('MatMul of one matrix and batches', 8, (net, x) => net.op('MatMul', [net.weight(2, 3), x])),
  onMatrices('MatMul of batches', 9, (net, x) =>
    net.op('MatMul', [x, net.op('Transpose', [net.op('Tanh', [x])], { perm: ints([0, 2, 1]) })]),
  ),
  onMatrices('MatMul of batches that broadcast on both sides', 2 * 3 * 2, (net, x) => {
    const wide = net.op('Unsqueeze', [x, net.whole([1])]);
    return net.op('MatMul', [wide, net.weight(1, 2, 4, 2)]);
  }),
  onMatrices('MatMul of batches and a vector', 3, (net, x) => net.op('MatMul', [x, net.weight(4)])),
  onMatrices('MatMul of a vector and batches', 4, (net, x) => net.op('MatMul', [net.weight(3), x])),
  onVector('MatMul of two vectors', (net, x) => net.op('Mul', [x, net.op('MatMul', [net.weight(4), net.weight(4)])])),
  onVector('MatMul of a vector and a matrix', (net, x) =>
    net.op('Add', [x, net.op('MatMul', [net.weight(4), net.weight(4, 4)])]),
  ),
  onVector('MatMul of a batch of one', (net, x) => {
    const one = net.op('Reshape', [x, net.shaped(1, BATCH, 4)]);
    return net.op('Reshape', [net.op('MatMul', [one, net.weight(1, 4, 4)]), net.shaped(BATCH, 4)]);
  }),
];
