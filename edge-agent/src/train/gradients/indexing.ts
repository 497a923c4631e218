// What picks or places by position. Where positions are known and each is picked once, the adjoint is picked back: element i
// of the input takes the adjoint of where it went, or the zero that is put behind the last. Else adjoints are added up.
import { intOf, unsupported } from '../graph/attributes.ts';
import { int, ints, LIMITS, longs, text, type Node, type Shape } from '../graph/index.ts';
import { axisOf } from '../graph/shapes/geometry.ts';
import { padsOf, slicesOf } from '../graph/shapes/indexing.ts';
import { inputOf, outputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

const list = (values: readonly number[], { graph }: RuleContext): string =>
  graph.constant(longs([values.length], [...values]));

/** Zeros before and after. */
function padded(value: string, before: readonly number[], after: readonly number[], context: RuleContext): string {
  if ([...before, ...after].every((each) => each === 0)) return value;
  return context.graph.op('Pad', [value, list([...before, ...after], context)]);
}

/**
 * The adjoint of picking different positions along an axis.
 * @param picked the position that each element of the result was picked from, all different
 * @param size of the input along the axis
 * @param rank of the result
 */
function unpicked(
  node: Node,
  value: string,
  axis: number,
  picked: readonly number[],
  size: number,
  rank: number,
  context: RuleContext,
): string {
  const zeros = Array<number>(rank).fill(0);
  if (size > LIMITS.foldedElements) throw unsupported(node, `positions of an axis of ${size}`);
  const contiguous = picked.length > 0 && picked.every((position, index) => position === (picked[0] ?? 0) + index);
  if (contiguous) {
    const [first = 0] = picked;
    return padded(value, zeros.with(axis, first), zeros.with(axis, size - first - picked.length), context);
  }
  const places = new Map(picked.map((position, index) => [position, index]));
  const from = Array.from({ length: size }, (_, position) => places.get(position) ?? picked.length);
  const spare = from.includes(picked.length) ? padded(value, zeros, zeros.with(axis, 1), context) : value;
  return context.graph.op('Gather', [spare, list(from, context)], { axis: int(axis) });
}

/** Adds rows up: rows of `value` [...indices, ...rest] at indices into zeros [size, ...rest]. */
function addedRows(value: string, indices: string, shape: Shape, context: RuleContext): string {
  const { graph, shapeOf } = context;
  const zeros = graph.op('ConstantOfShape', [list(shape, context)]);
  const column = graph.op('Reshape', [indices, list([...shapeOf(indices), 1], context)]);
  // ScatterND takes int64 only.
  const whole = graph.op('Cast', [column], { to: int(7) });
  return graph.op('ScatterND', [zeros, whole, value], { reduction: text('add') });
}

/** Picked positions where they are known and different; counted from the front. */
function distinct(node: Node, size: number, { constant }: RuleContext): number[] | undefined {
  const tensor = constant(1);
  if (tensor === undefined) return undefined;
  const positions = Array.from<number | bigint, number>(tensor.data, (each) => axisOf(node, Number(each), size));
  return new Set(positions).size === positions.length ? positions : undefined;
}

/** Embeddings and picked positions, along any axis. */
const gather = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  const shape = shapeOf(inputOf(node, 0));
  const indices = inputOf(node, 1);
  const axis = axisOf(node, intOf(node, 'axis', 0), shape.length);
  const size = shape[axis] ?? 0;
  const positions = distinct(node, size, context);
  if (positions !== undefined) {
    const rows = graph.op('Reshape', [adjoint, list(shape.with(axis, positions.length), context)], {
      allowzero: int(1),
    });
    return unpicked(node, rows, axis, positions, size, shape.length, context);
  }
  if (axis === 0) return addedRows(adjoint, indices, shape, context);
  // The picked axes to the front, as rows; and the axis back to its place.
  const picked = shapeOf(indices).map((_, index) => axis + index);
  const others = shapeOf(outputOf(node)).flatMap((_, index) => (picked.includes(index) ? [] : [index]));
  const rows = graph.op('Transpose', [adjoint], { perm: ints([...picked, ...others]) });
  const sum = addedRows(rows, indices, [size, ...shape.toSpliced(axis, 1)], context);
  const back = shape.map((_, index) => (index === axis ? 0 : index < axis ? index + 1 : index));
  return graph.op('Transpose', [sum], { perm: ints(back) });
});

const gatherElements = unary((node, adjoint, context) => {
  const { graph, shapeOf } = context;
  const zeros = graph.op('ConstantOfShape', [list(shapeOf(inputOf(node, 0)), context)]);
  const attributes = { axis: int(intOf(node, 'axis', 0)), reduction: text('add') };
  return graph.op('ScatterElements', [zeros, inputOf(node, 1), adjoint], attributes);
});

const slice = unary((node, adjoint, context) => {
  const shape = context.shapeOf(inputOf(node, 0));
  const slices = slicesOf(node, shape, context);
  // Plain cuts are padded back together, others one by one.
  const plain = slices.filter(({ step }) => step === 1);
  const before = shape.map((_, axis) => plain.find((each) => each.axis === axis)?.start ?? 0);
  const after = shape.map((size, axis) => {
    const cut = plain.find((each) => each.axis === axis);
    return cut === undefined ? 0 : size - cut.start - cut.size;
  });
  return slices
    .filter(({ step }) => step !== 1)
    .reduce(
      (value, { axis, start, step, size }) => {
        const picked = Array.from({ length: size }, (_, index) => start + index * step);
        return unpicked(node, value, axis, picked, shape[axis] ?? 0, shape.length, context);
      },
      padded(adjoint, before, after, context),
    );
});

/** What was added falls away; what was taken away gets zeros. */
const pad: GradientRule = (node, adjoint, context) => {
  if (context.wants(2)) throw unsupported(node, 'a value to pad with that is trained');
  const pads = padsOf(node, context.shapeOf(inputOf(node, 0)), context);
  const negative = (side: 0 | 1): number[] => pads.map((each) => -each[side]);
  return [padded(adjoint, negative(0), negative(1), context)];
};

export const INDEXING_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Gather', gather],
  ['GatherElements', gatherElements],
  ['Pad', pad],
  ['Slice', slice],
];
