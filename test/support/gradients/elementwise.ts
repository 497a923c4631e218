// Cases of gradient checks: activations and arithmetic.
import { BATCH, onVector, type Case } from './net.ts';

export const ELEMENTWISE_CASES: readonly Case[] = [
  onVector('Relu', (net, x) => net.op('Relu', [x])),
  onVector('Tanh', (net, x) => net.op('Tanh', [x])),
  onVector('Sigmoid', (net, x) => net.op('Sigmoid', [x])),
  onVector('Softmax', (net, x) => net.op('Softmax', [x])),
  onVector('LogSoftmax', (net, x) => net.op('LogSoftmax', [x])),
  onVector('Add of equal shapes', (net, x) => net.op('Add', [x, net.op('Tanh', [x])])),
  onVector('Add of a row', (net, x) => net.op('Add', [x, net.weight(4)])),
  onVector('Sub of a row from the batch', (net, x) => net.op('Sub', [x, net.weight(1, 4)])),
  onVector('Sub of the batch from a column', (net, x) => net.op('Sub', [net.weight(BATCH, 1), x])),
  onVector('Mul by itself', (net, x) => net.op('Mul', [x, x])),
  onVector('Mul by a single value', (net, x) => net.op('Mul', [x, net.weight(1)])),
];
