// Folding: once the batch size is fixed, what exporters compute at run time from shapes and constants is known before.
import { attributeTensor, floatOf, floatsOf, intOf, intsOf, misshapen } from './attributes.ts';
import { ARITHMETIC } from './fold/arithmetic.ts';
import { contentOf, tensorOf } from './fold/content.ts';
import { LAYOUT } from './fold/layout.ts';
import type { FoldRule } from './fold/rule.ts';
import { floats, longs, sizeOf, type Node, type Shape, type Tensor } from './graph.ts';
import { LIMITS } from './limits.ts';
import type { ShapeContext, ShapeRule } from './shapes/rule.ts';

export interface FoldContext extends ShapeContext {
  /** Shape of the input at an index, where it is known. */
  readonly shape: (index: number) => Shape | undefined;
}

const RULES: ReadonlyMap<string, FoldRule> = new Map([...ARITHMETIC, ...LAYOUT]);

function constant(node: Node): Tensor | undefined {
  const tensor = attributeTensor(node, 'value');
  if (tensor !== undefined) return tensor;
  const whole = intsOf(node, 'value_ints');
  if (whole !== undefined) return longs([whole.length], whole);
  const real = floatsOf(node, 'value_floats');
  if (real !== undefined) return floats([real.length], real);
  if ('value_float' in node.attributes) return floats([], [floatOf(node, 'value_float', 0)]);
  return 'value_int' in node.attributes ? longs([], [intOf(node, 'value_int', 0)]) : undefined;
}

/** Shape and Size need the input's shape only, not its content. */
function measured(node: Node, { shape }: FoldContext): Tensor | undefined {
  const whole = shape(0);
  if (whole === undefined) return undefined;
  if (node.operator === 'Size') return longs([], [sizeOf(whole)]);
  const part = whole.slice(intOf(node, 'start', 0), intOf(node, 'end', whole.length));
  return longs([part.length], part);
}

/** Range's length depends on content, so it has no type rule. */
function range(node: Node, { constant: given }: FoldContext): Tensor | undefined {
  const inputs = [given(0), given(1), given(2)];
  const [start = 0, limit = 0, delta = 0] = inputs.flatMap((tensor) => (tensor ? contentOf(tensor).values : []));
  const dtype = inputs[0]?.dtype;
  if (dtype === undefined || inputs.includes(undefined)) return undefined;
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(length <= LIMITS.foldedElements)) throw misshapen(node, `a range of ${length} values`);
  const values = Array.from({ length }, (_, i) => start + i * delta);
  return tensorOf({ dtype, shape: [length], values });
}

function withRule(node: Node, context: FoldContext, types: ShapeRule): readonly Tensor[] | undefined {
  const rule = RULES.get(node.operator);
  const inputs = node.inputs.map((_, index) => context.constant(index));
  const small = (shape: Shape): boolean => sizeOf(shape) <= LIMITS.foldedElements;
  if (rule === undefined || inputs.length === 0) return undefined;
  if (node.inputs.some((name, index) => name !== '' && inputs[index] === undefined)) return undefined;
  if (!inputs.every((tensor) => tensor === undefined || small(tensor.shape))) return undefined;
  const shapes = types(node, context).map(({ shape }) => shape);
  if (!shapes.every(small)) return undefined;
  const contents = inputs.map((tensor) => (tensor ? contentOf(tensor) : contentOf(longs([0], []))));
  const input = (index: number): (typeof contents)[number] => contents[index] ?? contentOf(longs([0], []));
  return rule(node, { input, inputs: contents, constant: context.constant }, shapes)?.map(tensorOf);
}

/** The contents of the node's outputs where they can be known before the graph runs, else undefined. */
export function fold(node: Node, context: FoldContext, types: ShapeRule | undefined): readonly Tensor[] | undefined {
  const one = (tensor: Tensor | undefined): readonly Tensor[] | undefined => tensor && [tensor];
  switch (node.operator) {
    case 'Constant':
      return one(constant(node));
    case 'Shape':
    case 'Size':
      return one(measured(node, context));
    case 'Range':
      return one(range(node, context));
    default:
      return types && withRule(node, context, types);
  }
}
