// LoRA (Hu et al. 2022): low-rank adapters put beside the weights of MatMul, Gemm and Conv nodes, which stay as they are.
//
//   y = x W   becomes   y = x W + (alpha / rank) (x A) B       A [in, rank], B [rank, out]
// and for a convolution A [rank, in, kernel…] convolves as W does, B [out, rank, 1…] point by point.
import { MusterError } from '@muster/protocol';
import { floatOf, intOf } from '../graph/attributes.ts';
import { floats, ints, type Model, type Node, type Tensor } from '../graph/index.ts';
import { matches } from './pattern.ts';
import type { Lora } from './schema.ts';

/** How a weight is used, as far as its adapter depends on it. */
export type Form = 'in-out' | 'out-in' | 'convolution';

export interface Adapter {
  /** the weight it stands beside */
  readonly weight: string;
  readonly a: string;
  readonly b: string;
  readonly form: Form;
  /** what the product of A and B is multiplied with to be added to the weight */
  readonly scale: number;
}

/** One use of a weight. */
interface Use {
  readonly node: Node;
  readonly weight: string;
  readonly form: Form;
}

const adapterName = (weight: string, part: 'A' | 'B'): string => `${weight}.lora_${part}`;

/** MatMul(x, Transpose(W)) is how exporters write a linear layer over more than one leading dimension. */
function transposedOf(name: string, { graph }: Model): string | undefined {
  const node = graph.nodes.find(({ outputs }) => outputs[0] === name);
  if (node?.operator !== 'Transpose') return undefined;
  const order = node.attributes['perm'];
  return order === undefined || (order.kind === 'ints' && order.value.join() === '1,0') ? node.inputs[0] : undefined;
}

type Find = (node: Node, model: Model) => Omit<Use, 'node'> | undefined;

const rankOf = (name: string, { graph }: Model): number | undefined => graph.initializers.get(name)?.shape.length;

const product: Find = ({ inputs: [, given = ''] }, model) => {
  if (rankOf(given, model) === 2) return { weight: given, form: 'in-out' };
  const weight = transposedOf(given, model) ?? '';
  return rankOf(weight, model) === 2 ? { weight, form: 'out-in' } : undefined;
};

const general: Find = (node, model) => {
  const weight = node.inputs[1] ?? '';
  const plain = intOf(node, 'transA', 0) === 0 && floatOf(node, 'alpha', 1) === 1;
  if (!plain || rankOf(weight, model) !== 2) return undefined;
  return { weight, form: intOf(node, 'transB', 0) === 0 ? 'in-out' : 'out-in' };
};

const convolution: Find = (node, model) => {
  const weight = node.inputs[1] ?? '';
  const plain = intOf(node, 'group', 1) === 1 && (rankOf(weight, model) ?? 0) > 2;
  return plain ? { weight, form: 'convolution' } : undefined;
};

const FINDERS: Readonly<Record<string, Find>> = { MatMul: product, Gemm: general, Conv: convolution };

function useOf(node: Node, model: Model): Use | undefined {
  const found = Object.hasOwn(FINDERS, node.operator) ? FINDERS[node.operator]?.(node, model) : undefined;
  return found && { node, ...found };
}

function shapesOf({ shape }: Tensor, form: Form, rank: number): { a: number[]; b: number[] } {
  const [first = 0, second = 0, ...kernel] = shape;
  if (form === 'convolution') return { a: [rank, second, ...kernel], b: [first, rank, ...kernel.map(() => 1)] };
  return form === 'in-out' ? { a: [first, rank], b: [rank, second] } : { a: [second, rank], b: [rank, first] };
}

const zeros = (shape: readonly number[]): Tensor =>
  floats(shape, new Float32Array(shape.reduce((product, size) => product * size, 1)));

/** The node with its adapter beside it, in order; what the node gave is now the sum of both. */
function adapted({ node, weight, form }: Use, scale: string, kernelRank: number): Node[] {
  const [output = '', input = ''] = [node.outputs[0], node.inputs[0]];
  const named = (part: string): string => `${output}:lora-${part}`;
  const make = (operator: string, inputs: string[], name: string, attributes: Node['attributes'] = {}): Node => ({
    ...{ name, operator, inputs, outputs: [name], attributes },
  });
  const [a, b] = [adapterName(weight, 'A'), adapterName(weight, 'B')];
  const convolves = form === 'convolution';
  const operator = convolves ? 'Conv' : 'MatMul';
  const point = convolves ? { kernel_shape: ints(Array<number>(kernelRank).fill(1)) } : {};
  return [
    { ...node, name: named('frozen'), outputs: [named('frozen')] },
    make(operator, [input, a], named('down'), convolves ? node.attributes : {}),
    make(operator, [named('down'), b], named('up'), point),
    make('Mul', [named('up'), scale], named('scaled')),
    make('Add', [named('frozen'), named('scaled')], output),
  ];
}

function refuse(field: string, problem: string): MusterError {
  return new MusterError('ERR_RECIPE_INVALID', { issues: [{ field, problem }] });
}

/** The uses that targets name; a target that names none is refused, and so is a weight that is used otherwise as well. */
function targeted(model: Model, { targets }: Lora): Use[] {
  const all = model.graph.nodes.map((node) => useOf(node, model)).filter((use) => use !== undefined);
  for (const [index, target] of targets.entries()) {
    if (all.some(({ weight }) => matches(target, weight))) continue;
    throw refuse(`lora.targets.${index}`, `${target} fits no weight of a MatMul, Gemm or Conv (of one group)`);
  }
  const chosen = all.filter(({ weight }) => targets.some((target) => matches(target, weight)));
  for (const { weight } of chosen) {
    const readers = model.graph.nodes.filter(({ inputs }) => inputs.includes(weight)).length;
    const forms = all.filter((use) => use.weight === weight);
    if (readers !== forms.length || forms.some(({ form }) => form !== forms[0]?.form)) {
      throw refuse('lora.targets', `${weight} is used in other ways as well, so no adapter can stand beside it`);
    }
  }
  return chosen;
}

/**
 * Puts adapters beside the weights that `lora.targets` name. The same model and recipe give the same graph; A and B are
 * zeros in it, since their values come with a round's base.
 * @throws MusterError ERR_RECIPE_INVALID naming the target, ERR_MODEL_MALFORMED where names collide
 */
export function withAdapters(model: Model, lora: Lora): { readonly model: Model; readonly adapters: Adapter[] } {
  const uses = new Map(targeted(model, lora).map((use) => [use.node, use]));
  const { graph } = model;
  const initializers = new Map(graph.initializers);
  const scale = 'lora:scale';
  const taken = new Set([...initializers.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]);
  const add = (name: string, tensor: Tensor): void => {
    if (taken.has(name)) throw new MusterError('ERR_MODEL_MALFORMED', { reason: `${name} is the name of an adapter` });
    initializers.set(name, tensor);
  };
  add(scale, floats([], [lora.alpha / lora.rank]));
  const adapters = new Map<string, Adapter>();
  for (const { weight, form } of uses.values()) {
    const tensor = graph.initializers.get(weight);
    if (tensor === undefined || adapters.has(weight)) continue;
    const [a, b] = [adapterName(weight, 'A'), adapterName(weight, 'B')];
    const shapes = shapesOf(tensor, form, lora.rank);
    add(a, zeros(shapes.a));
    add(b, zeros(shapes.b));
    adapters.set(weight, { weight, a, b, form, scale: Math.fround(lora.alpha / lora.rank) });
  }
  const nodes = graph.nodes.flatMap((node) => {
    const use = uses.get(node);
    const dimensions = (graph.initializers.get(use?.weight ?? '')?.shape.length ?? 2) - 2;
    return use === undefined ? [node] : adapted(use, scale, dimensions);
  });
  return { model: { ...model, graph: { ...graph, initializers, nodes } }, adapters: [...adapters.values()] };
}
