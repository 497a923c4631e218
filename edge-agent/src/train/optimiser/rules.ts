// SGD, Adam, AdamW and RMSprop in graph nodes, by PyTorch's definitions (torch.optim, the documented algorithms).
import { floats, type GraphBuilder } from '../graph/index.ts';
import { STEP } from '../step-names.ts';
import type { Optimiser } from './schema.ts';

/** One parameter's step: names of values. */
export interface Step {
  readonly graph: GraphBuilder;
  /** the parameter's name in the model, which names its states */
  readonly name: string;
  /** the parameter's value */
  readonly value: string;
  /** the gradient, clipped, without weight decay */
  readonly gradient: string;
  /** the value of a state before the step */
  readonly old: (state: string) => string;
  /** the name a state shall have after the step; the parameter's own under its name */
  readonly next: (state: string) => string;
  /** the step's rates, as {@link ratesAt} tells them */
  readonly rate: (index: number) => string;
}

const scalar = ({ graph }: Step, value: number): string => graph.constant(floats([], [value]));

const scaled = (step: Step, value: string, factor: number): string =>
  step.graph.op('Mul', [value, scalar(step, factor)]);

/** g + decay p */
function decayed(step: Step, weightDecay = 0): string {
  const { graph, gradient, value } = step;
  return weightDecay === 0 ? gradient : graph.op('Add', [gradient, scaled(step, value, weightDecay)]);
}

/** beta s + (1 - beta) x, which becomes the state. */
function average(step: Step, state: string, beta: number, value: string): string {
  const { graph, old, next } = step;
  return graph.op('Add', [scaled(step, old(state), beta), scaled(step, value, 1 - beta)], {}, next(state));
}

/** m v + g, which becomes the velocity. */
function accelerate(step: Step, momentum: number, gradient: string): string {
  const { graph, old, next, name } = step;
  const velocity = STEP.velocity(name);
  return graph.op('Add', [scaled(step, old(velocity), momentum), gradient], {}, next(velocity));
}

type Rule<K extends Optimiser['name']> = (step: Step, optimiser: Extract<Optimiser, { name: K }>) => void;

/** v' = m v + g, p' = p - lr v'; Nesterov's: p' = p - lr (g + m v') (Sutskever et al. 2013). */
const sgd: Rule<'sgd'> = (step, { momentum, nesterov, weightDecay }) => {
  const { graph, value, next, rate, name } = step;
  const gradient = decayed(step, weightDecay);
  let change = gradient;
  if (momentum > 0) {
    const velocity = accelerate(step, momentum, gradient);
    change = nesterov === true ? graph.op('Add', [gradient, scaled(step, velocity, momentum)]) : velocity;
  }
  graph.op('Sub', [value, graph.op('Mul', [change, rate(0)])], {}, next(name));
};

/** m' and v' averages of g and g²; p' = p - lr/(1 - b1^t) m' / (sqrt(v') / sqrt(1 - b2^t) + eps). */
function adaptive(step: Step, beta: readonly [number, number], epsilon: number, gradient: string, value: string): void {
  const { graph, next, rate, name } = step;
  const mean = average(step, STEP.mean(name), beta[0], gradient);
  const square = average(step, STEP.square(name), beta[1], graph.op('Mul', [gradient, gradient]));
  const root = graph.op('Mul', [graph.op('Sqrt', [square]), rate(1)]);
  const share = graph.op('Div', [mean, graph.op('Add', [root, scalar(step, epsilon)])]);
  graph.op('Sub', [value, graph.op('Mul', [share, rate(0)])], {}, next(name));
}

/** Kingma and Ba 2015, with L2 weight decay. */
const adam: Rule<'adam'> = (step, { beta1, beta2, epsilon, weightDecay }) =>
  adaptive(step, [beta1, beta2], epsilon, decayed(step, weightDecay), step.value);

/** Loshchilov and Hutter 2019: the weight decays by itself, outside the averages. */
const adamw: Rule<'adamw'> = (step, { beta1, beta2, epsilon }) =>
  adaptive(step, [beta1, beta2], epsilon, step.gradient, step.graph.op('Mul', [step.value, step.rate(2)]));

/** Tieleman and Hinton 2012; centred as in Graves 2013. Momentum adds up g / (sqrt(v') + eps). */
const rmsprop: Rule<'rmsprop'> = (step, { alpha, epsilon, momentum, centred, weightDecay }) => {
  const { graph, value, next, rate, name } = step;
  const gradient = decayed(step, weightDecay);
  let square = average(step, STEP.square(name), alpha, graph.op('Mul', [gradient, gradient]));
  if (centred) {
    const mean = average(step, STEP.mean(name), alpha, gradient);
    const variance = graph.op('Sub', [square, graph.op('Mul', [mean, mean])]);
    // Rounding may leave a hair below zero, of which there is no root (PyTorch would give NaN).
    square = graph.op('Max', [variance, scalar(step, 0)]);
  }
  const share = graph.op('Div', [gradient, graph.op('Add', [graph.op('Sqrt', [square]), scalar(step, epsilon)])]);
  const change = momentum > 0 ? accelerate(step, momentum, share) : share;
  graph.op('Sub', [value, graph.op('Mul', [change, rate(0)])], {}, next(name));
};

/** Appends one parameter's step. */
export function appendRule(step: Step, optimiser: Optimiser): void {
  switch (optimiser.name) {
    case 'sgd':
      sgd(step, optimiser);
      break;
    case 'adam':
      adam(step, optimiser);
      break;
    case 'adamw':
      adamw(step, optimiser);
      break;
    case 'rmsprop':
      rmsprop(step, optimiser);
  }
}
