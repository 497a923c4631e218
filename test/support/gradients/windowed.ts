// Cases of gradient checks: convolutions, pools and interpolation.
import { floats, int, ints, text, type Attribute } from '../../../edge-agent/src/train/graph/index.ts';
import { onImage, pads, type Case, type Net } from './net.ts';

/** One spatial axis: the image's rows as places, its columns as channels. */
function onSignal(name: string, features: number, build: (net: Net, signal: string) => string): Case {
  return onImage(name, features, (net, x) => build(net, net.op('Reshape', [x, net.shaped(0, 6, 14)])));
}

const named = (values: Record<string, string>): Record<string, Attribute> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, text(value)]));

function resize(name: string, scales: number[], features: number, attributes: Record<string, string>): Case {
  return onImage(`Resize ${name}`, features, (net, x) =>
    net.op('Resize', [x, '', net.constant(floats([4], scales))], named(attributes)),
  );
}

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
  onImage('Conv in groups', 6 * 4 * 5, (net, x) => {
    const wide = net.op('Conv', [x, net.weight(4, 2, 1, 1)]);
    return net.op('Conv', [wide, net.weight(6, 2, 3, 3), net.weight(6)], { group: int(2) });
  }),
  onImage('Conv in groups with strides, dilations and a remainder', 2 * 3 * 2, (net, x) => {
    const wide = net.op('Conv', [x, net.weight(4, 2, 1, 1)]);
    const attributes = { group: int(2), strides: ints([2, 3]), dilations: ints([1, 2]), ...pads(1, 0, 0, 1) };
    return net.op('Conv', [wide, net.weight(2, 2, 2, 2)], attributes);
  }),
  onImage('Conv of each channel by itself', 2 * 3 * 4, (net, x) =>
    net.op('Conv', [x, net.weight(2, 1, 3, 3), net.weight(2)], {
      group: int(2),
      strides: ints([2, 2]),
      ...pads(1, 1, 1, 1),
    }),
  ),
  onSignal('Conv over one axis', 3 * 7, (net, x) =>
    net.op('Conv', [x, net.weight(3, 6, 3), net.weight(3)], { strides: ints([2]), ...pads(1, 1) }),
  ),
  onImage('Conv padded to the same size, more at its beginning', 2 * 3 * 4, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 2, 2)], { strides: ints([2, 2]), auto_pad: text('SAME_LOWER') }),
  ),
  onImage('ConvTranspose', 3 * 8 * 9, (net, x) => net.op('ConvTranspose', [x, net.weight(2, 3, 3, 3), net.weight(3)])),
  onImage('ConvTranspose with strides, pads and output padding', 3 * 12 * 14, (net, x) =>
    net.op('ConvTranspose', [x, net.weight(2, 3, 3, 3)], {
      strides: ints([2, 2]),
      output_padding: ints([1, 1]),
      ...pads(1, 1, 1, 1),
    }),
  ),
  onImage('ConvTranspose in groups with dilations', 2 * 8 * 15, (net, x) =>
    net.op('ConvTranspose', [x, net.weight(2, 1, 3, 2), net.weight(2)], {
      group: int(2),
      strides: ints([1, 2]),
      dilations: ints([2, 2]),
      ...pads(1, 0, 1, 0),
    }),
  ),
  onSignal('ConvTranspose over one axis', 2 * 28, (net, x) =>
    net.op('ConvTranspose', [x, net.weight(6, 2, 2), net.weight(2)], { strides: ints([2]) }),
  ),
  onSignal('MaxPool over one axis', 6 * 7, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([2]), strides: ints([2]) }),
  ),
  onImage('MaxPool with a ceiling', 2 * 3 * 4, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ceil_mode: int(1) }),
  ),
  onImage('AveragePool with a ceiling', 2 * 3 * 4, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]), ceil_mode: int(1) }),
  ),
  onImage('AveragePool with a ceiling that counts its pads', 2 * 4 * 4, (net, x) =>
    net.op('AveragePool', [x], {
      kernel_shape: ints([3, 3]),
      strides: ints([2, 2]),
      ceil_mode: int(1),
      count_include_pad: int(1),
      ...pads(1, 1, 1, 1),
    }),
  ),
  onSignal('AveragePool over one axis', 6 * 6, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([3]), strides: ints([2]) }),
  ),
  onImage('GlobalMaxPool', 2, (net, x) => net.op('GlobalMaxPool', [net.op('Tanh', [x])])),
  resize('to twice the size by the nearest', [1, 1, 2, 2], 2 * 12 * 14, {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  }),
  resize('to another size by the nearest', [1, 1, 1.5, 0.6], 2 * 9 * 4, {
    mode: 'nearest',
    coordinate_transformation_mode: 'half_pixel',
    nearest_mode: 'round_prefer_floor',
  }),
  resize('to twice the size, linear', [1, 1, 2, 2], 2 * 12 * 14, {
    mode: 'linear',
    coordinate_transformation_mode: 'half_pixel',
  }),
  resize('to another size, linear, corners aligned', [1, 1, 1.5, 0.75], 2 * 9 * 5, {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  }),
  onSignal('Resize of one axis, linear', 6 * 28, (net, x) =>
    net.op(
      'Resize',
      [x, '', net.constant(floats([3], [1, 1, 2]))],
      named({ mode: 'linear', coordinate_transformation_mode: 'half_pixel' }),
    ),
  ),
];
