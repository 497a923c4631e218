// Folding of integer arithmetic on shapes: once the batch size is fixed, what exporters compute at run time is known.
import { attributeTensor, intOf, intsOf } from './attributes.ts';
import { longs, type Node, type Tensor } from './graph.ts';
import { axisOf, integers, type Shape } from './shapes.ts';

export interface FoldContext {
  readonly constant: (index: number) => Tensor | undefined;
  readonly shape: (index: number) => Shape | undefined;
}

type FoldRule = (node: Node, context: FoldContext) => Tensor | undefined;

function vector(node: Node, context: FoldContext, index: number): number[] | undefined {
  const tensor = context.constant(index);
  return tensor?.dtype === 'int64' ? integers(node, tensor, 'input') : undefined;
}

const shape: FoldRule = (node, context) => {
  const whole = context.shape(0);
  if (whole === undefined) return undefined;
  const part = whole.slice(intOf(node, 'start', 0), intOf(node, 'end', whole.length));
  return longs([part.length], part);
};

const gather: FoldRule = (node, context) => {
  const data = vector(node, context, 0);
  const indices = vector(node, context, 1);
  if (data === undefined || indices === undefined || intOf(node, 'axis', 0) !== 0) return undefined;
  const picked = indices.map((index) => data[axisOf(node, index, data.length)] ?? 0);
  return longs(context.constant(1)?.shape ?? [], picked);
};

const concat: FoldRule = (node, context) => {
  const parts = node.inputs.map((_, index) => vector(node, context, index));
  if (parts.some((part) => part === undefined)) return undefined;
  const whole = parts.flatMap((part) => part ?? []);
  return longs([whole.length], whole);
};

const slice: FoldRule = (node, context) => {
  const [data, starts, ends] = [0, 1, 2].map((index) => vector(node, context, index));
  const steps = node.inputs[4] ? vector(node, context, 4) : [1];
  if (data === undefined || starts?.length !== 1 || ends?.length !== 1 || steps?.[0] !== 1) return undefined;
  const part = data.slice(starts[0], ends[0]);
  return longs([part.length], part);
};

/** Of the shapes that come up (vectors and scalars) only the rank changes, never the content. */
const rank =
  (to: 0 | 1): FoldRule =>
  (node, context) => {
    const data = vector(node, context, 0);
    return data?.length === 1 ? longs(to === 0 ? [] : [1], data) : undefined;
  };

const cast: FoldRule = (node, context) => (intOf(node, 'to', 0) === 7 ? context.constant(0) : undefined);

const constant: FoldRule = (node) => {
  const tensor = attributeTensor(node, 'value');
  if (tensor !== undefined) return tensor;
  const given = intsOf(node, 'value_ints');
  if (given !== undefined) return longs([given.length], given);
  return 'value_int' in node.attributes ? longs([], [intOf(node, 'value_int', 0)]) : undefined;
};

const RULES: ReadonlyMap<string, FoldRule> = new Map([
  ['Cast', cast],
  ['Concat', concat],
  ['Constant', constant],
  ['Gather', gather],
  ['Shape', shape],
  ['Slice', slice],
  ['Squeeze', rank(0)],
  ['Unsqueeze', rank(1)],
]);

/** The content of the node's output where it can be known before the graph runs, else undefined. */
export function fold(node: Node, context: FoldContext): Tensor | undefined {
  return RULES.get(node.operator)?.(node, context);
}
