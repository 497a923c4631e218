// The optimiser's part of a step: SGD with momentum and FedProx's proximal term, fused into the gradient's own Gemm.
import { float, floats, type GraphBuilder, type Node } from './graph/index.ts';

export interface UpdateRule {
  readonly momentum: number;
  readonly proximal: number;
  /** scalar: the learning rate */
  readonly learningRate: string;
}

export interface UpdateNames {
  readonly parameter: string;
  /** The round's base value of the parameter; used when proximal > 0. */
  readonly base: string;
  /** The velocity; used when momentum > 0. */
  readonly velocity: string;
  readonly nextParameter: string;
  readonly nextVelocity: string;
}

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

/** A gradient that a plain two-factor Gemm made and nothing else reads: the Gemm can add to it at no cost. */
function fusible(graph: GraphBuilder, gradient: string): Node | undefined {
  const producer = graph.nodes.find(({ outputs }) => outputs[0] === gradient);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(gradient));
  return producer?.operator === 'Gemm' && producer.inputs.length === 2 && readers.length === 0 ? producer : undefined;
}

/** gradient + factor * term, under the given name. */
function accumulate(graph: GraphBuilder, gradient: string, term: string, factor: number, output: string): void {
  const producer = fusible(graph, gradient);
  if (producer === undefined) {
    const scaled = factor === 1 ? term : graph.op('Mul', [term, scalar(graph, factor)]);
    graph.op('Add', [scaled, gradient], {}, output);
    return;
  }
  graph.remove(producer);
  graph.append({
    ...producer,
    inputs: [...producer.inputs, term],
    outputs: [output],
    attributes: { ...producer.attributes, ...(factor === 1 ? {} : { beta: float(factor) }) },
  });
}

/**
 * Appends one parameter's update. The gradient arrives multiplied by -lr, and the velocity is kept multiplied by -lr:
 *   u' = m u - lr (g + mu (p - base)),  p' = p + u'
 * which for a constant learning rate is PyTorch's SGD (v' = m v + g, p' = p - lr v') with FedProx's term
 * (Li et al. 2020, mu/2 |p - base|^2), with one pass over the weights less.
 * @param gradient name of -lr g; undefined when the loss does not depend on the parameter, which then stays
 */
export function appendUpdate(
  graph: GraphBuilder,
  gradient: string | undefined,
  names: UpdateNames,
  { momentum, proximal, learningRate }: UpdateRule,
): void {
  const { parameter, base, velocity, nextParameter, nextVelocity } = names;
  if (gradient === undefined) {
    graph.op('Identity', [parameter], {}, nextParameter);
    if (momentum > 0) graph.op('Identity', [velocity], {}, nextVelocity);
    return;
  }
  const pull = (): string =>
    graph.op('Mul', [graph.op('Sub', [base, parameter]), graph.op('Mul', [learningRate, scalar(graph, proximal)])]);
  if (momentum === 0) {
    const start = proximal > 0 ? graph.op('Add', [parameter, pull()]) : parameter;
    accumulate(graph, gradient, start, 1, nextParameter);
    return;
  }
  if (proximal === 0) accumulate(graph, gradient, velocity, momentum, nextVelocity);
  else {
    const start = graph.op('Add', [graph.op('Mul', [velocity, scalar(graph, momentum)]), pull()]);
    accumulate(graph, gradient, start, 1, nextVelocity);
  }
  graph.op('Add', [parameter, nextVelocity], {}, nextParameter);
}
