// Attention of operator set 23 (Vaswani et al. 2017, section 3.2.1): softmax(scale Q K^T + mask) V, heads apart or side by side.
import { floatOf, intOf, misshapen, unsupported } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { floats, int, ints, longs, type Attribute, type Node, type Shape } from '../graph.ts';
import type { ShapeContext } from '../shapes/rule.ts';
import { list, scalar, type Expansion } from './expansion.ts';

/** Queries, keys or values with heads as an axis of their own: [batch, heads, length, size]. */
interface Heads {
  readonly name: string;
  readonly shape: readonly [batch: number, heads: number, length: number, size: number];
}

function headsOf(node: Node, index: 0 | 1 | 2, graph: GraphBuilder, { input }: ShapeContext): Heads {
  const shape = input(index);
  const name = node.inputs[index] ?? '';
  const [batch = 0, second = 0, third = 0, fourth = 0] = shape;
  if (shape.length === 4) return { name, shape: [batch, second, third, fourth] };
  const heads = intOf(node, index === 0 ? 'q_num_heads' : 'kv_num_heads', 0);
  if (shape.length !== 3 || heads < 1 || third % heads !== 0) {
    throw misshapen(node, `input ${index} of shape [${shape.join()}] has not ${heads} heads`);
  }
  const size = third / heads;
  const apart = graph.op('Reshape', [name, list(graph, [batch, second, heads, size])]);
  return { name: graph.op('Transpose', [apart], { perm: ints([0, 2, 1, 3]) }), shape: [batch, heads, second, size] };
}

/** Keys and values that several heads of queries share (grouped-query attention, Ainslie et al. 2023) are repeated. */
function repeated(node: Node, { name, shape }: Heads, heads: number, graph: GraphBuilder): string {
  const [batch, own, length, size] = shape;
  if (own === heads) return name;
  if (own < 1 || heads % own !== 0) throw misshapen(node, `${heads} heads of queries, ${own} of keys and values`);
  const apart = graph.op('Reshape', [name, list(graph, [batch, own, 1, length, size])]);
  const copies = graph.op('Expand', [apart, list(graph, [batch, own, heads / own, length, size])]);
  return graph.op('Reshape', [copies, list(graph, [batch, heads, length, size])]);
}

/** 0 where a query may look, minus infinity where the key comes after it. */
function causal(graph: GraphBuilder, queries: number, keys: number): string {
  const value: Attribute = { kind: 'tensor', value: floats([1], [-Infinity]) };
  const all = graph.op('ConstantOfShape', [list(graph, [queries, keys])], { value });
  return graph.op('Trilu', [all, graph.constant(longs([], [1]))], { upper: int(1) });
}

function masked(node: Node, scores: string, shape: Shape, graph: GraphBuilder, { dtype }: ShapeContext): string {
  const [queries = 0, keys = 0] = shape;
  const ahead = intOf(node, 'is_causal', 0) === 0 ? scores : graph.op('Add', [scores, causal(graph, queries, keys)]);
  const mask = node.inputs[3];
  if (!mask) return ahead;
  const bias = dtype(3) === 'bool' ? graph.op('Where', [mask, scalar(graph, 0), scalar(graph, -Infinity)]) : mask;
  return graph.op('Add', [ahead, bias]);
}

/** Scores beyond a cap are pressed below it (Gemma 2, 2024). */
function capped(node: Node, scores: string, graph: GraphBuilder): string {
  const cap = floatOf(node, 'softcap', 0);
  if (cap === 0) return scores;
  return graph.op('Mul', [graph.op('Tanh', [graph.op('Div', [scores, scalar(graph, cap)])]), scalar(graph, cap)]);
}

const attention: Expansion = (node, graph, context) => {
  if (node.inputs[4] || node.inputs[5] || node.inputs[6])
    throw unsupported(node, 'past keys and values, or padded ones');
  const [q, k, v] = [
    headsOf(node, 0, graph, context),
    headsOf(node, 1, graph, context),
    headsOf(node, 2, graph, context),
  ];
  const [batch, heads, length, size] = q.shape;
  const scale = floatOf(node, 'scale', 1 / Math.sqrt(size));
  const keys = graph.op('Transpose', [repeated(node, k, heads, graph)], { perm: ints([0, 1, 3, 2]) });
  const scores = graph.op('MatMul', [graph.op('Mul', [q.name, scalar(graph, scale)]), keys]);
  const biased = masked(node, capped(node, scores, graph), [length, k.shape[2]], graph, context);
  const weights = graph.op('Softmax', [biased], { axis: int(-1) });
  const mixed = graph.op('MatMul', [weights, repeated(node, v, heads, graph)]);
  if (context.input(0).length === 4) return [mixed];
  const side = graph.op('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) });
  return [graph.op('Reshape', [side, list(graph, [batch, length, heads * v.shape[3]])])];
};

export const ATTENTION_EXPANSIONS: readonly (readonly [string, Expansion])[] = [['Attention', attention]];
