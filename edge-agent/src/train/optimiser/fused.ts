// Plain SGD with momentum, FedProx's proximal term or SCAFFOLD's correction, fused into the gradient's own Gemm.
import { float, floats, type GraphBuilder, type Node } from '../graph/index.ts';
import { STEP } from '../step-names.ts';
import type { StateNames } from './updates.ts';

export interface FusedRule {
  readonly momentum: number;
  readonly proximal: number;
  /** whether SCAFFOLD's c - c_i is fed; there is no momentum then */
  readonly isControlled: boolean;
  /** scalar: the learning rate */
  readonly learningRate: string;
}

/** A gradient multiplied by -lr, and whether it is one parameter's only. */
export interface Scaled {
  readonly name: string;
  readonly alone: boolean;
}

const scalar = (graph: GraphBuilder, value: number): string => graph.constant(floats([], [value]));

/** A gradient that a plain two-factor Gemm made and nothing else reads: the Gemm can add to it at no cost. */
function fusible(graph: GraphBuilder, gradient: string): Node | undefined {
  const producer = graph.nodes.find(({ outputs }) => outputs[0] === gradient);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(gradient));
  return producer?.operator === 'Gemm' && producer.inputs.length === 2 && readers.length === 0 ? producer : undefined;
}

/** gradient + factor * term, under the given name. */
function accumulate(graph: GraphBuilder, { name, alone }: Scaled, term: string, factor: number, output: string): void {
  // a gradient that several parameters share must stay for the others
  const producer = alone ? fusible(graph, name) : undefined;
  if (producer === undefined) {
    const scaled = factor === 1 ? term : graph.op('Mul', [term, scalar(graph, factor)]);
    graph.op('Add', [scaled, name], {}, output);
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
 * (Li et al. 2020, mu/2 |p - base|^2), with one pass over the weights less. SCAFFOLD's p' = p - lr (g + (c - c_i))
 * (Karimireddy et al. 2020, algorithm 1) knows no momentum; lr (c - c_i) is the same in each step, so it is fed.
 */
export function appendFusedUpdate(
  graph: GraphBuilder,
  gradient: Scaled,
  { name, state, next }: Pick<StateNames, 'state' | 'next'> & { readonly name: string },
  { momentum, proximal, isControlled, learningRate }: FusedRule,
): void {
  const parameter = state(name);
  const velocity = STEP.velocity(name);
  const pull = (): string =>
    graph.op('Mul', [
      graph.op('Sub', [STEP.base(name), parameter]),
      graph.op('Mul', [learningRate, scalar(graph, proximal)]),
    ]);
  if (momentum === 0) {
    let start = proximal > 0 ? graph.op('Add', [parameter, pull()]) : parameter;
    if (isControlled) start = graph.op('Sub', [start, STEP.control(name)]);
    accumulate(graph, gradient, start, 1, next(name));
    return;
  }
  const nextVelocity = next(velocity);
  if (proximal === 0) accumulate(graph, gradient, state(velocity), momentum, nextVelocity);
  else {
    const start = graph.op('Add', [graph.op('Mul', [state(velocity), scalar(graph, momentum)]), pull()]);
    accumulate(graph, gradient, start, 1, nextVelocity);
  }
  graph.op('Add', [parameter, nextVelocity], {}, next(name));
}
