// Cases of gradient checks: normalisations.
import { floats, int, type Attribute } from '../../../edge-agent/src/train/graph/index.ts';
import { onImage, onVector, type Case, type Net } from './net.ts';

const FEATURES = 2 * 6 * 7;
const epsilon: Record<string, Attribute> = { epsilon: { kind: 'float', value: 1e-3 } };

/** Running statistics: a mean, or a variance, which must not be negative. */
function statistic(net: Net, value: number, channels: number): string {
  const name = `statistic${net.initializers.size}`;
  net.initializers.set(name, floats([channels], Array<number>(channels).fill(value)));
  return name;
}

function batchNormalization(net: Net, x: string, channels: number): string {
  const statistics = [statistic(net, 0.1, channels), statistic(net, 0.5, channels)];
  return net.op('BatchNormalization', [x, net.weight(channels), net.weight(channels), ...statistics], epsilon);
}

/** With statistics that are no initializers: they stay, and forward uses them. */
function frozen(net: Net, x: string): string {
  const constant = (value: number): string =>
    net.op('Constant', [], { value: { kind: 'tensor', value: floats([2], [value, value]) } });
  return net.op('BatchNormalization', [x, net.weight(2), net.weight(2), constant(0.1), constant(0.5)], epsilon);
}

export const NORMALISATION_CASES: readonly Case[] = [
  onImage('BatchNormalization of images', FEATURES, (net, x) => net.op('Tanh', [batchNormalization(net, x, 2)])),
  onVector('BatchNormalization of vectors', (net, x) => net.op('Tanh', [batchNormalization(net, x, 4)])),
  onImage('BatchNormalization with fixed statistics', FEATURES, (net, x) => net.op('Tanh', [frozen(net, x)])),
  onVector('LayerNormalization', (net, x) =>
    net.op('Tanh', [net.op('LayerNormalization', [x, net.weight(4), net.weight(4)], epsilon)]),
  ),
  onImage('LayerNormalization over several axes, without bias', FEATURES, (net, x) =>
    net.op('Tanh', [net.op('LayerNormalization', [x, net.weight(2, 6, 7)], { ...epsilon, axis: int(1) })]),
  ),
  onImage('InstanceNormalization', FEATURES, (net, x) =>
    net.op('Tanh', [net.op('InstanceNormalization', [x, net.weight(2), net.weight(2)], epsilon)]),
  ),
  onImage('GroupNormalization with a scale for each group', 4 * 6 * 7, (net, x) => {
    const wide = net.op('Conv', [x, net.weight(4, 2, 1, 1)]);
    const inputs = [wide, net.weight(2), net.weight(2)];
    return net.op('Tanh', [net.op('GroupNormalization', inputs, { ...epsilon, num_groups: int(2) })]);
  }),
  onVector('Dropout that drops nothing', (net, x) => {
    const none = net.op('Constant', [], { value: { kind: 'tensor', value: floats([], [0]) } });
    return net.op('Dropout', [net.op('Tanh', [x]), none]);
  }),
];
