// Cases of gradient checks: activations and arithmetic.
import { int } from '../../../edge-agent/src/train/graph/index.ts';
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
  onVector('Div of the batch by a row', (net, x) => net.op('Div', [x, net.op('Exp', [net.weight(4)])])),
  onVector('Div of a column by the batch', (net, x) => net.op('Div', [net.weight(BATCH, 1), net.op('Exp', [x])])),
  onVector('Pow of a known square', (net, x) => net.op('Pow', [x, net.numbers([2])])),
  onVector('Pow of a known cube', (net, x) => net.op('Pow', [x, net.numbers([3])])),
  onVector('Pow of a whole exponent', (net, x) => net.op('Pow', [x, net.whole([3], 1)])),
  onVector('Pow of zero', (net, x) => net.op('Pow', [x, net.numbers([0])])),
  onVector('Pow of trained exponents', (net, x) => net.op('Pow', [net.op('Exp', [x]), net.weight(4)])),
  onVector('Max of three', (net, x) => net.op('Max', [x, net.weight(4), net.numbers([0])])),
  onVector('Min of the batch and a column', (net, x) => net.op('Min', [x, net.weight(BATCH, 1)])),
  onVector('Where', (net, x) => {
    const condition = net.op('Greater', [net.op('Sin', [x]), net.numbers([0.1])]);
    return net.op('Where', [condition, net.op('Tanh', [x]), net.weight(1, 4)]);
  }),
  onVector('Where of a narrow condition', (net, x) => {
    const condition = net.op('Not', [net.op('Equal', [net.whole([0, 1, 0, 1]), net.whole([1])])]);
    return net.op('Where', [condition, net.weight(1), x]);
  }),
  onVector('Casts and steps, through which nothing flows', (net, x) => {
    const step = net.op('Cast', [net.op('Less', [x, net.numbers([0])])], { to: int(1) });
    const sign = net.op('Add', [net.op('Floor', [x]), net.op('Sign', [net.op('Round', [x])])]);
    return net.op('Mul', [x, net.op('Add', [step, sign])]);
  }),
  onVector('Sum and Mean of several', (net, x) => {
    const sum = net.op('Sum', [x, net.op('Tanh', [x]), net.weight(4)]);
    return net.op('Mean', [sum, x, net.weight(1)]);
  }),
];
