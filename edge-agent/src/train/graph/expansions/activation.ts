// Activations that are formulas of others: Gelu, HardSwish, Mish (ONNX operator specification).
import { stringOf, unsupported } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { float } from '../graph.ts';
import { scalar, type Expansion } from './expansion.ts';

/** x / 2 (1 + s), where s is what the normal distribution's cumulative function is approximated with. */
function halved(graph: GraphBuilder, x: string, s: string): string {
  const weight = graph.op('Add', [s, scalar(graph, 1)]);
  return graph.op('Mul', [graph.op('Mul', [x, weight]), scalar(graph, 0.5)]);
}

/** Hendrycks and Gimpel 2016: x Phi(x), exactly by Erf or approximately by Tanh. */
const gelu: Expansion = (node, graph) => {
  const [x = ''] = node.inputs;
  const approximate = stringOf(node, 'approximate', 'none');
  if (approximate === 'none') {
    return [halved(graph, x, graph.op('Erf', [graph.op('Mul', [x, scalar(graph, Math.SQRT1_2)])]))];
  }
  if (approximate !== 'tanh') throw unsupported(node, `approximation ${approximate}`);
  const cube = graph.op('Mul', [graph.op('Mul', [x, x]), graph.op('Mul', [x, scalar(graph, 0.044715)])]);
  const inner = graph.op('Mul', [graph.op('Add', [x, cube]), scalar(graph, Math.sqrt(2 / Math.PI))]);
  return [halved(graph, x, graph.op('Tanh', [inner]))];
};

const hardSwish: Expansion = (node, graph) => {
  const [x = ''] = node.inputs;
  return [graph.op('Mul', [x, graph.op('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })])];
};

const mish: Expansion = (node, graph) => {
  const [x = ''] = node.inputs;
  return [graph.op('Mul', [x, graph.op('Tanh', [graph.op('Softplus', [x])])])];
};

export const ACTIVATION_EXPANSIONS: readonly (readonly [string, Expansion])[] = [
  ['Gelu', gelu],
  ['HardSwish', hardSwish],
  ['Mish', mish],
];
