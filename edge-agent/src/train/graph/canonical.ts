// One form for what operator sets 13 to 23 write differently, so that nodes of any of them run in a graph of set 18 and above.
import { intOf, intsOf } from './attributes.ts';
import type { GraphBuilder } from './builder.ts';
import { longs, type Node } from './graph.ts';
import { inferenceForm, without } from './inference.ts';
import { axisOf } from './shapes/geometry.ts';
import { partsOf } from './shapes/layout.ts';
import { REDUCTIONS } from './shapes/reduction.ts';
import type { ShapeContext } from './shapes/rule.ts';

const list = (graph: GraphBuilder, values: readonly number[]): string => graph.constant(longs([values.length], values));

/** Axes of a reduction: an input since set 18. */
function reduction(node: Node, graph: GraphBuilder): Node {
  const axes = intsOf(node, 'axes');
  if (axes === undefined || node.inputs[1]) return node;
  return { ...node, inputs: [node.inputs[0] ?? '', list(graph, axes)], attributes: without(node, 'axes') };
}

/** Parts of a Split: named one by one, where set 18 wants to be told how many there are. */
function split(node: Node, graph: GraphBuilder, context: ShapeContext): Node {
  if (node.inputs[1]) return node;
  const shape = context.input(0);
  const parts = partsOf(node, shape[axisOf(node, intOf(node, 'axis', 0), shape.length)] ?? 0, context);
  const attributes = without(node, 'split', 'num_outputs');
  return { ...node, inputs: [node.inputs[0] ?? '', list(graph, parts)], attributes };
}

/** Backward reads the hidden states of all steps, so the node gives them even to a model that wants the last one only. */
function recurrent(node: Node, graph: GraphBuilder): Node {
  const [all = '', ...rest] = node.outputs;
  return all === '' ? { ...node, outputs: [graph.fresh(node.operator), ...rest] } : node;
}

const FORMS: ReadonlyMap<string, (node: Node, graph: GraphBuilder, context: ShapeContext) => Node> = new Map([
  ['BatchNormalization', inferenceForm],
  ['Dropout', inferenceForm],
  ['GRU', recurrent],
  ['LSTM', recurrent],
  ['Split', split],
]);

/** @param graph takes the constants that the new form needs */
export function canonical(node: Node, graph: GraphBuilder, context: ShapeContext): Node {
  if (REDUCTIONS.has(node.operator)) return reduction(node, graph);
  return FORMS.get(node.operator)?.(node, graph, context) ?? node;
}
