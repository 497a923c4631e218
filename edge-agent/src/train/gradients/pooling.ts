// MaxPool, AveragePool, GlobalAveragePool.
import { floats, ints, longs, sizeOf, type Node, type Shape } from '../graph/index.ts';
import { intOf, intsOf } from '../graph/attributes.ts';
import { remainderOf, windowOf, type Window } from '../graph/window.ts';
import { spreadMean } from './reduction.ts';
import { inputOf, unary, type GradientRule } from './rule.ts';

function windowOfPool(node: Node, shape: Shape): Window {
  return windowOf(node, shape.slice(2), intsOf(node, 'kernel_shape') ?? []);
}

/**
 * The forward node is asked for the positions it took its maxima from. Where windows are disjoint MaxUnpool puts the
 * adjoint back there; where they overlap one position may win several times, and its adjoints are added.
 */
const maxPool = unary((node, adjoint, { graph, shapeOf }) => {
  const shape = shapeOf(inputOf(node, 0));
  const window = windowOfPool(node, shape);
  const positions = node.outputs[1] ?? graph.addOutput(node);
  const disjoint = window.kernel.every(
    (size, axis) => (size - 1) * (window.dilations[axis] ?? 1) < (window.strides[axis] ?? 1),
  );
  const target = graph.constant(longs([shape.length], shape));
  if (disjoint) {
    return graph.op('MaxUnpool', [adjoint, positions, target], {
      kernel_shape: ints(window.kernel),
      strides: ints(window.strides),
      pads: ints([...window.padsBegin, ...window.padsEnd]),
    });
  }
  // Positions count through the whole tensor, so one flat axis is what they index.
  const flat = graph.constant(longs([1], [-1]));
  const zeros = graph.op('ConstantOfShape', [graph.constant(longs([1], [sizeOf(shape)]))]);
  const sum = graph.op(
    'ScatterElements',
    [zeros, graph.op('Reshape', [positions, flat]), graph.op('Reshape', [adjoint, flat])],
    { reduction: { kind: 'string', value: 'add' } },
  );
  return graph.op('Reshape', [sum, target]);
});

/** How many input elements, pads left out, each window averages over. Shape [1, 1, ...output]. */
function coverage(window: Window, spatial: readonly number[]): number[] {
  const perAxis = spatial.map((size, axis) => {
    const at = (list: readonly number[]): number => list[axis] ?? 0;
    return Array.from({ length: at(window.output) }, (_, position) => {
      const start = position * at(window.strides) - at(window.padsBegin);
      const taps = Array.from({ length: at(window.kernel) }, (__, tap) => start + tap * at(window.dilations));
      return taps.filter((tap) => tap >= 0 && tap < size).length;
    });
  });
  return perAxis.reduce<number[]>((all, axis) => all.flatMap((count) => axis.map((each) => count * each)), [1]);
}

/** Spreads each window's adjoint evenly: a transposed convolution with a weight of ones, each channel by itself. */
const averagePool = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  const shape = shapeOf(inputOf(node, 0));
  const [batch = 0, channels = 0, ...spatial] = shape;
  const window = windowOfPool(node, shape);
  const padded = [...window.padsBegin, ...window.padsEnd].some((pad) => pad > 0);
  const whole = sizeOf(window.kernel);
  const even = intOf(node, 'count_include_pad', 0) !== 0 || !padded;
  const scale = even
    ? floats([], [1 / whole])
    : floats(
        [1, 1, ...window.output],
        coverage(window, spatial).map((count) => 1 / count),
      );
  const shares = graph.op('Mul', [adjoint, graph.constant(scale)]);
  const reshape = (value: string, to: number[]): string =>
    graph.op('Reshape', [value, graph.constant(longs([to.length], to))]);
  const spread = graph.op(
    'ConvTranspose',
    [
      reshape(shares, [batch * channels, 1, ...window.output]),
      graph.constant(floats([1, 1, ...window.kernel], Array<number>(whole).fill(1))),
    ],
    {
      strides: ints(window.strides),
      dilations: ints(window.dilations),
      pads: ints([...window.padsBegin, ...window.padsEnd]),
      output_padding: ints(remainderOf(window, spatial)),
    },
  );
  return reshape(spread, [...shape]);
});

const globalAveragePool = unary((node, adjoint, context) => {
  const axes = context
    .shapeOf(inputOf(node, 0))
    .map((_, axis) => axis)
    .slice(2);
  return spreadMean(node, adjoint, axes, context);
});

export const POOLING_RULES: readonly (readonly [string, GradientRule])[] = [
  ['AveragePool', averagePool],
  ['GlobalAveragePool', globalAveragePool],
  ['MaxPool', maxPool],
];
