// Cases of gradient checks: LSTM and GRU, over three steps of five features.
import { int, ints, text, type Attribute } from '../../../edge-agent/src/train/graph/index.ts';
import { BATCH, type Case, type Net } from './net.ts';

const [STEPS, INPUTS, HIDDEN] = [3, 5, 2];
const GATES = { LSTM: 4, GRU: 3 };

interface Variant {
  readonly operator: 'LSTM' | 'GRU';
  readonly direction: 'forward' | 'reverse' | 'bidirectional';
  readonly bias: boolean;
  readonly start: boolean;
  /** which of the node's outputs the head sees */
  readonly output: 0 | 1 | 2;
}

function build(net: Net, { operator, direction, bias, start, output }: Variant): string {
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = GATES[operator] * HIDDEN;
  const flat = net.op('Reshape', ['input', net.shaped(-1, INPUTS)]);
  const wide = net.op('Reshape', [net.op('Gemm', [flat, net.weight(INPUTS, INPUTS)]), net.shaped(-1, STEPS, INPUTS)]);
  const sequence = net.op('Transpose', [wide], { perm: ints([1, 0, 2]) });
  const first = (): string => (start ? net.weight(directions, BATCH, HIDDEN) : '');
  const inputs = [
    sequence,
    net.weight(directions, rows, INPUTS),
    net.weight(directions, rows, HIDDEN),
    bias ? net.weight(directions, 2 * rows) : '',
    '',
    first(),
    ...(operator === 'LSTM' ? [first()] : []),
  ];
  const attributes: Record<string, Attribute> = {
    hidden_size: int(HIDDEN),
    direction: text(direction),
    ...(operator === 'GRU' ? { linear_before_reset: int(1) } : {}),
  };
  const outputs = net.outputs(operator, inputs, attributes, operator === 'LSTM' ? 3 : 2);
  if (output > 0) net.replace(net.nodes.at(-1)!, { ...net.nodes.at(-1)!, outputs: ['', ...outputs.slice(1)] });
  // batch to the front, whatever the output
  const perm = output === 0 ? [2, 0, 1, 3] : [1, 0, 2];
  const turned = net.op('Transpose', [outputs[output] ?? ''], { perm: ints(perm) });
  const features = directions * HIDDEN * (output === 0 ? STEPS : 1);
  return net.head(net.op('Reshape', [net.op('Tanh', [turned]), net.shaped(0, features)]), features);
}

const VARIANTS: readonly (readonly [string, Variant])[] = [
  ['LSTM', { operator: 'LSTM', direction: 'forward', bias: true, start: true, output: 0 }],
  ['LSTM backwards', { operator: 'LSTM', direction: 'reverse', bias: false, start: true, output: 0 }],
  ['LSTM in both directions', { operator: 'LSTM', direction: 'bidirectional', bias: true, start: false, output: 0 }],
  ['last hidden state of LSTM', { operator: 'LSTM', direction: 'bidirectional', bias: true, start: true, output: 1 }],
  ['last cell of LSTM', { operator: 'LSTM', direction: 'forward', bias: true, start: true, output: 2 }],
  ['GRU', { operator: 'GRU', direction: 'forward', bias: true, start: true, output: 0 }],
  ['GRU in both directions', { operator: 'GRU', direction: 'bidirectional', bias: false, start: false, output: 0 }],
  ['last hidden state of GRU', { operator: 'GRU', direction: 'reverse', bias: true, start: true, output: 1 }],
];

export const RECURRENT_CASES: readonly Case[] = VARIANTS.map(([name, variant]) => ({
  name,
  shape: [STEPS, INPUTS],
  build: (net) => build(net, variant),
}));
