// Sums and norms: Sum and Mean of several values, and the reductions that are sums of something else.
import { misshapen } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { Node } from '../graph.ts';
import { scalar, type Expansion } from './expansion.ts';

function total(node: Node, graph: GraphBuilder): string {
  const [first, ...others] = node.inputs;
  if (first === undefined) throw misshapen(node, 'it has no input');
  return others.reduce((sum, name) => graph.op('Add', [sum, name]), first);
}

/** The node's reduction, of another value and by another operator. */
function reduced(node: Node, graph: GraphBuilder, operator: string, value: string): string {
  return graph.op(operator, [value, ...node.inputs.slice(1)], { ...node.attributes });
}

const squares = (node: Node, graph: GraphBuilder): string => {
  const [x = ''] = node.inputs;
  return reduced(node, graph, 'ReduceSum', graph.op('Mul', [x, x]));
};

const mean: Expansion = (node, graph) => [graph.op('Mul', [total(node, graph), scalar(graph, 1 / node.inputs.length)])];

export const SUM_EXPANSIONS: readonly (readonly [string, Expansion])[] = [
  ['Mean', mean],
  ['ReduceL1', (node, graph) => [reduced(node, graph, 'ReduceSum', graph.op('Abs', [node.inputs[0] ?? '']))]],
  ['ReduceL2', (node, graph) => [graph.op('Sqrt', [squares(node, graph)])]],
  ['ReduceLogSum', (node, graph) => [graph.op('Log', [reduced(node, graph, 'ReduceSum', node.inputs[0] ?? '')])]],
  ['ReduceSumSquare', (node, graph) => [squares(node, graph)]],
  ['Sum', (node, graph) => [total(node, graph)]],
];
