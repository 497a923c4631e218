// The walker: reverse-mode differentiation over a graph's nodes, by the table of rules and nothing else.
import { unsupported } from '../graph/attributes.ts';
import { longs, type GraphBuilder, type Node, type Tensor } from '../graph/index.ts';
import { isFlat } from './flat.ts';
import { GRADIENT_RULES } from './rules.ts';

/** Names of all values that depend on one of the wanted in a way that has a gradient. */
function dependants(nodes: readonly Node[], wanted: ReadonlySet<string>): Set<string> {
  const reached = new Set(wanted);
  for (const node of nodes) {
    if (isFlat(node) || !node.inputs.some((name) => reached.has(name))) continue;
    for (const name of node.outputs) reached.add(name);
  }
  return reached;
}

/** Adjoints of a node's outputs: zeros where nothing after it depends on one. */
function adjointsOf(graph: GraphBuilder, node: Node, adjoints: ReadonlyMap<string, string>): (index: number) => string {
  return (index) => {
    const name = node.outputs[index] ?? '';
    const adjoint = adjoints.get(name);
    if (adjoint !== undefined) return adjoint;
    const shape = graph.shapeOf(name);
    return graph.op('ConstantOfShape', [graph.constant(longs([shape.length], shape))]);
  };
}

/**
 * Appends the backward pass to a graph that holds the forward pass.
 * @param output the value that is differentiated
 * @param seed its adjoint, of the same shape
 * @param wanted the values whose gradients are asked for
 * @param constants values known before the graph runs, besides the graph's own
 * @returns gradient names by value; a wanted value that the output does not depend on has none
 * @throws MusterError ERR_OPERATOR_UNSUPPORTED naming operator and node
 */
export function differentiate(
  graph: GraphBuilder,
  output: string,
  seed: string,
  wanted: ReadonlySet<string>,
  constants: ReadonlyMap<string, Tensor>,
): Map<string, string> {
  const forward = [...graph.nodes];
  const active = dependants(forward, wanted);
  const adjoints = new Map([[output, seed]]);
  for (const node of forward.reverse()) {
    if (!node.outputs.some((name) => adjoints.has(name)) || !node.inputs.some((name) => active.has(name))) continue;
    if (isFlat(node)) continue;
    const rule = GRADIENT_RULES.get(node.operator);
    if (rule === undefined) throw unsupported(node, 'it has no gradient rule');
    const adjointOf = adjointsOf(graph, node, adjoints);
    const gradients = rule(node, adjointOf(0), {
      graph,
      adjointOf,
      wants: (index) => active.has(node.inputs[index] ?? ''),
      shapeOf: (name) => graph.shapeOf(name),
      constant: (index) => constants.get(node.inputs[index] ?? '') ?? graph.initializers.get(node.inputs[index] ?? ''),
    });
    for (const [index, gradient] of gradients.entries()) {
      const input = node.inputs[index];
      if (gradient === undefined || input === undefined) continue;
      const sofar = adjoints.get(input);
      adjoints.set(input, sofar === undefined ? gradient : graph.op('Add', [sofar, gradient]));
    }
  }
  return new Map([...adjoints].filter(([name]) => wanted.has(name)));
}
