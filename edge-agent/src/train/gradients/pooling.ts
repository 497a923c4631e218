// AveragePool, GlobalAveragePool.
import { floats, ints, longs, sizeOf, type Node, type Shape } from '../graph/index.ts';
import { intOf, intsOf } from '../graph/attributes.ts';
import { remainderOf, windowOf, type Window } from '../graph/window.ts';
import { spreadMean } from './reduction.ts';
import { inputOf, unary, type GradientRule } from './rule.ts';

function windowOfPool(node: Node, shape: Shape): Window {
  return windowOf(node, shape.slice(2), intsOf(node, 'kernel_shape') ?? []);
}

/** How many elements each window averages over: of the input, or of input and pads. Shape [1, 1, ...output]. */
function coverage(window: Window, spatial: readonly number[], withPads: boolean): number[] {
  const perAxis = spatial.map((size, axis) => {
    const at = (list: readonly number[]): number => list[axis] ?? 0;
    return Array.from({ length: at(window.output) }, (_, position) => {
      const start = position * at(window.strides) - at(window.padsBegin);
      const taps = Array.from({ length: at(window.kernel) }, (__, tap) => start + tap * at(window.dilations));
      const [low, high] = withPads ? [-at(window.padsBegin), size + at(window.padsEnd)] : [0, size];
      return taps.filter((tap) => tap >= low && tap < high).length;
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
  const counts = coverage(window, spatial, intOf(node, 'count_include_pad', 0) !== 0);
  const whole = sizeOf(window.kernel);
  const even = counts.every((count) => count === whole);
  const scale = even
    ? floats([], [1 / whole])
    : floats(
        [1, 1, ...window.output],
        counts.map((count) => 1 / count),
      );
  const remainder = remainderOf(window, spatial);
  // Where ceil_mode reaches beyond the pads, the missing end counts as further pads.
  const ends = window.padsEnd.map((pad, axis) => pad - Math.min(0, remainder[axis] ?? 0));
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
      pads: ints([...window.padsBegin, ...ends]),
      output_padding: ints(remainder.map((each) => Math.max(0, each))),
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
];
