// The optimiser's part of a step: from all gradients to all parameters' next values and states.
import { floats, longs, type GraphBuilder } from '../graph/index.ts';
import { STEP } from '../step-names.ts';
import { clipGradients } from './clip.ts';
import { appendFusedUpdate } from './fused.ts';
import { planOf, type OptimiserRecipe } from './plan.ts';
import { appendRule } from './rules.ts';

/** Where the step's nodes find the state they change and leave what it becomes. */
export interface StateNames {
  readonly state: (name: string) => string;
  readonly next: (name: string) => string;
  /** the step's rates, where the plan has any */
  readonly rates: string;
}

/** The name of one of the step's rates, a scalar. */
function rateOf(graph: GraphBuilder, rates: string): (index: number) => string {
  const known = new Map<number, string>();
  return (index) => {
    const name = known.get(index) ?? graph.op('Gather', [rates, graph.constant(longs([], [index]))]);
    known.set(index, name);
    return name;
  };
}

/** The rate's name in the fused form, where gradients are scaled with it. */
export function learningRateOf(graph: GraphBuilder, recipe: OptimiserRecipe, rates: string): string {
  return planOf(recipe).rates === 0 ? STEP.learningRate : rateOf(graph, rates)(0);
}

/** FedProx's term (Li et al. 2020): the gradient of mu/2 |p - base|² joins the loss's own, before clipping. */
function pulled(graph: GraphBuilder, gradient: string, value: string, base: string, proximal: number): string {
  if (proximal === 0) return gradient;
  const pull = graph.op('Mul', [graph.op('Sub', [value, base]), graph.constant(floats([], [proximal]))]);
  return graph.op('Add', [gradient, pull]);
}

/** SCAFFOLD's c - c_i joins what clipping left of the gradient: clipped, c_i would no longer be what agents' gradients are. */
function corrected(graph: GraphBuilder, gradient: string, name: string, control: number | undefined): string {
  return control === undefined ? gradient : graph.op('Add', [gradient, STEP.control(name)]);
}

/**
 * Appends the updates of all parameters. One whose gradient is undefined, since the loss does not depend on it, stays.
 * @param gradients by parameter: -lr g in the fused form, g otherwise
 * @param learningRate as {@link learningRateOf} names it, in the fused form
 */
export function appendUpdates(
  graph: GraphBuilder,
  gradients: ReadonlyMap<string, string | undefined>,
  recipe: OptimiserRecipe,
  names: StateNames & { readonly learningRate: string | undefined },
): void {
  const { optimiser, proximal, clip, control } = recipe;
  const { state, next, learningRate } = names;
  const { states } = planOf(recipe);
  const moved: { readonly name: string; readonly gradient: string }[] = [];
  for (const [name, gradient] of gradients) {
    if (gradient !== undefined) moved.push({ name, gradient });
    else
      for (const each of [name, ...states.map((of) => of(name))]) graph.op('Identity', [state(each)], {}, next(each));
  }
  if (learningRate !== undefined && optimiser.name === 'sgd') {
    const { momentum } = optimiser;
    for (const { name, gradient } of moved) {
      const alone = moved.filter((other) => other.gradient === gradient).length === 1;
      const rule = { momentum, proximal, isControlled: control !== undefined, learningRate };
      appendFusedUpdate(graph, { name: gradient, alone }, { name, state, next }, rule);
    }
    return;
  }
  const full = moved.map(({ name, gradient }) => pulled(graph, gradient, state(name), STEP.base(name), proximal));
  const rate = rateOf(graph, names.rates);
  for (const [index, clipped] of clipGradients(graph, full, clip).entries()) {
    const { name } = moved[index] ?? { name: '' };
    const gradient = corrected(graph, clipped, name, control);
    appendRule({ graph, name, value: state(name), gradient, old: state, next, rate }, optimiser);
  }
}
