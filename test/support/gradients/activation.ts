// Cases of gradient checks: activations, and functions of one value.
import { float, text } from '../../../edge-agent/src/train/graph/index.ts';
import { onMatrices, onVector, type Case } from './net.ts';

export const ACTIVATION_CASES: readonly Case[] = [
  ...[
    'Abs',
    'Cos',
    'Elu',
    'Erf',
    'Exp',
    'HardSigmoid',
    'HardSwish',
    'LeakyRelu',
    'Mish',
    'Neg',
    'Selu',
    'Sin',
    'Softplus',
  ].map((operator) => onVector(operator, (net, x) => net.op(operator, [x]))),
  ...['Log', 'Reciprocal', 'Sqrt'].map((operator) =>
    onVector(operator, (net, x) => net.op(operator, [net.op('Exp', [x])])),
  ),
  onVector('Softsign', (net, x) => net.op('Softsign', [x])),
  onVector('Elu of its own alpha', (net, x) => net.op('Elu', [x], { alpha: float(0.6) })),
  onVector('Selu of its own constants', (net, x) => net.op('Selu', [x], { alpha: float(1.2), gamma: float(0.9) })),
  onVector('LeakyRelu of its own slope', (net, x) => net.op('LeakyRelu', [x], { alpha: float(0.3) })),
  onVector('HardSigmoid of its own line', (net, x) =>
    net.op('HardSigmoid', [x], { alpha: float(0.9), beta: float(0.4) }),
  ),
  onVector('Gelu', (net, x) => net.op('Gelu', [x])),
  onVector('Gelu by Tanh', (net, x) => net.op('Gelu', [x], { approximate: text('tanh') })),
  onVector('Clip at both ends', (net, x) => net.op('Clip', [x, net.numbers([-0.5]), net.numbers([0.4])])),
  onVector('Clip below', (net, x) => net.op('Clip', [x, net.numbers([-0.5])])),
  onVector('Clip above', (net, x) => net.op('Clip', [x, '', net.numbers([0.4])])),
  onVector('Clip at neither end', (net, x) => net.op('Clip', [x])),
  onMatrices('Softmax over an inner axis', 12, (net, x) => net.op('Softmax', [x], { axis: { kind: 'int', value: 1 } })),
  onMatrices('LogSoftmax over an inner axis', 12, (net, x) =>
    net.op('LogSoftmax', [x], { axis: { kind: 'int', value: -2 } }),
  ),
];
