// The train-step graph: forward, backward, clipping and the optimiser's update as one ONNX graph, derived deterministically
// from a model and a recipe. Its digest on the ledger says what was run. One session.run is one step, or K of them.
import { MusterError } from '@muster/protocol';
import { TRAINING_FORMS } from './forms/forms.ts';
import { poolBeforeRelu } from './forms/pool-before-relu.ts';
import { differentiate } from './gradients/differentiate.ts';
import { encodeModel, GraphBuilder, int, specialise } from './graph/index.ts';
import type { Graph, Node, Parameter, Specialised, Value } from './graph/index.ts';
import { appendLoss, headOf, type Head } from './loss/index.ts';
import { appendUpdates, learningRateOf, planOf, type OptimiserPlan } from './optimiser/index.ts';
import type { Recipe } from './recipe.ts';
import { RESERVED, STEP } from './step-names.ts';
import { prepareModel } from './trained/index.ts';

/** What of a recipe the graph depends on. With `stepsPerRun` above 1 it is a loop over as many steps as rows are fed. */
export type TrainStepOptions = Omit<Recipe, 'v' | 'epochs' | 'steps'>;

const OPSET_MIN = 18; // ScatterElements with a reduction, ReduceSum and ReduceMean with axes as input

/** What a step is made from. */
interface Making {
  readonly forward: Specialised;
  readonly head: Head;
  readonly plan: OptimiserPlan;
  readonly options: TrainStepOptions;
}

/** A train step, and what whoever runs it must know of it. */
export interface TrainStep extends Omit<Making, 'options'> {
  /** ONNX; inputs and outputs are named by {@link STEP} */
  readonly bytes: Uint8Array;
}

/** Where the step's nodes find their inputs and leave their results. */
interface Scope {
  readonly state: (name: string) => string;
  readonly next: (name: string) => string;
  /** the name under which a row's value of this step is known */
  readonly row: (name: string) => string;
  readonly loss: string;
}

function checkNames(forward: Specialised): void {
  for (const name of forward.shapes.keys()) {
    if (RESERVED.some((prefix) => name.startsWith(prefix))) {
      throw new MusterError('ERR_MODEL_MALFORMED', { reason: `value name ${name} is reserved for the train step` });
    }
  }
}

/** Parameters with a gradient: running statistics have none. */
function trainedOf({ parameters, statistics }: Specialised): readonly Parameter[] {
  return parameters.filter(({ name }) => !statistics.has(name));
}

/** Whether the step draws random numbers, so that a seed must be fed. */
export function drawsIn({ nodes }: Pick<Specialised, 'nodes'>): boolean {
  return nodes.some(({ operator }) => operator === 'Dropout');
}

function appendForward(graph: GraphBuilder, { forward, head }: Making, { state, next, row }: Scope): void {
  const used = new Set(head.nodes.flatMap(({ inputs }) => inputs));
  const parameters = new Set(forward.parameters.map(({ name }) => name));
  graph.reserve(forward.shapes.keys());
  for (const [name, shape] of forward.shapes) graph.shapes.set(parameters.has(name) ? state(name) : name, shape);
  for (const [name, tensor] of forward.constants) if (used.has(name)) graph.initializers.set(name, tensor);
  graph.op('Gather', [STEP.examples, row(STEP.indices)], {}, forward.input.name);
  const nextOf = new Map([...forward.statistics.keys()].map((name) => [state(name), next(name)]));
  let drawing = 0;
  const context = {
    graph,
    weights: row(STEP.weights),
    seed: () => row(STEP.seed),
    ordinal: () => drawing++,
    next: (value: string) => nextOf.get(value),
  };
  for (const each of poolBeforeRelu(head.nodes, head.scores, graph)) {
    const node = { ...each, inputs: each.inputs.map((name) => (parameters.has(name) ? state(name) : name)) };
    if (TRAINING_FORMS.get(node.operator)?.(node, context) !== true) graph.append(node);
  }
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  for (const [value, carried] of nextOf) if (!made.has(carried)) graph.op('Identity', [value], {}, carried);
}

function appendStep(making: Making, scope: Scope): GraphBuilder {
  const { forward, head, plan, options } = making;
  const { state, next, row } = scope;
  const graph = new GraphBuilder();
  appendForward(graph, making, scope);
  const { batchSize, loss } = options;
  const labels = graph.op('Gather', [STEP.labels, row(STEP.indices)]);
  const weights = row(STEP.weights);
  // In the fused form the seed carries -lr, so every gradient arrives as the step to add and updates fuse into the
  // products that make them.
  const learningRate = plan.fused ? learningRateOf(graph, options, row(STEP.rates)) : undefined;
  const scale = learningRate === undefined ? undefined : graph.op('Neg', [learningRate]);
  const seed = appendLoss(graph, loss, { head, labels, weights, scale, batchSize }, scope.loss);
  const trained = trainedOf(forward);
  const wanted = new Set(trained.map(({ name }) => state(name)));
  const gradients = differentiate(graph, head.scores, seed, wanted, forward.constants);
  const byParameter = new Map(trained.map(({ name }) => [name, gradients.get(state(name))]));
  appendUpdates(graph, byParameter, options, { state, next, rates: row(STEP.rates), learningRate });
  return graph;
}

/** The state a step carries on: parameters, then what the optimiser keeps of each. */
function statesOf({ forward, plan }: Making): Value[] {
  const values = forward.parameters.map(({ name, shape }): Value => ({ name, shape, dtype: 'float32' }));
  const trained = values.filter(({ name }) => !forward.statistics.has(name));
  return [...values, ...plan.states.flatMap((of) => trained.map((value) => ({ ...value, name: of(value.name) })))];
}

/** What differs from step to step: fed as it is, or a row for each of the steps. */
function rowsOf({ head, plan, options: { batchSize } }: Making): Value[] {
  return [
    { name: STEP.indices, dtype: 'int32', shape: [batchSize] },
    { name: STEP.weights, dtype: 'float32', shape: [batchSize] },
    ...(plan.rates > 0 ? [{ name: STEP.rates, dtype: 'float32', shape: [plan.rates] } as const] : []),
    ...(drawsIn(head) ? [{ name: STEP.seed, dtype: 'int64', shape: [] } as const] : []),
  ];
}

const renamed = (values: readonly Value[], to: (name: string) => string): Value[] =>
  values.map((value) => ({ ...value, name: to(value.name) }));

function commonInputs({ forward, head, plan, options }: Making): Value[] {
  const trained = trainedOf(forward);
  const { kind, width } = head.target;
  const labels = {
    name: STEP.labels,
    shape: kind === 'class' && head.shape.length === 2 ? ['examples'] : ['examples', width],
  };
  return [
    { name: STEP.examples, dtype: forward.input.dtype, shape: ['examples', ...forward.input.shape.slice(1)] },
    { ...labels, dtype: kind === 'class' ? 'int32' : 'float32' },
    ...(plan.rates === 0 ? [{ name: STEP.learningRate, dtype: 'float32', shape: [] } as const] : []),
    ...(options.proximal > 0 ? renamed(trained, STEP.base) : []),
    ...(options.control === undefined ? [] : renamed(trained, STEP.control)),
  ];
}

function singleStep(making: Making): Graph {
  const { loss, old, next } = STEP;
  const graph = appendStep(making, { state: old, next, row: (name) => name, loss });
  const states = statesOf(making);
  return {
    name: 'train-step',
    inputs: [...commonInputs(making), ...rowsOf(making), ...renamed(states, old)],
    outputs: [...renamed(states, next), { name: loss, dtype: 'float32', shape: [] }],
    initializers: graph.initializers,
    nodes: graph.nodes,
  };
}

/** A Scan over rows: parameters and the optimiser's state are its loop state and never leave the runtime. */
function manySteps(making: Making): Graph {
  const inside = (name: string): string => `next:${name.replace(/^step:/, '')}`;
  const next = (name: string): string => `next:${name}`;
  const body = appendStep(making, { state: (name) => name, next, row: inside, loss: inside(STEP.loss) });
  const states = statesOf(making);
  const rows = rowsOf(making);
  const bodyGraph: Graph = {
    name: 'step',
    inputs: [...states, ...renamed(rows, inside)],
    outputs: [...renamed(states, next), { name: inside(STEP.loss), dtype: 'float32', shape: [] }],
    initializers: body.initializers,
    nodes: body.nodes,
  };
  const scan: Node = {
    name: 'steps',
    operator: 'Scan',
    inputs: [...states.map(({ name }) => STEP.old(name)), ...rows.map(({ name }) => name)],
    outputs: [...states.map(({ name }) => STEP.next(name)), STEP.loss],
    attributes: { body: { kind: 'graph', value: bodyGraph }, num_scan_inputs: int(rows.length) },
  };
  const stacked = rows.map((row): Value => ({ ...row, shape: ['steps', ...row.shape] }));
  return {
    name: 'train-steps',
    inputs: [...commonInputs(making), ...stacked, ...renamed(states, STEP.old)],
    outputs: [...renamed(states, STEP.next), { name: STEP.loss, dtype: 'float32', shape: ['steps'] }],
    initializers: new Map(),
    nodes: [scan],
  };
}

/**
 * Derives the train-step graph of a model. The same model and options give the same bytes.
 * @param model ONNX bytes: one input [batch, …], one output [batch, …] that the loss can take
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, each naming the node,
 *   ERR_RECIPE_INVALID naming a pattern that fits no weight
 */
export function deriveTrainStep(model: Uint8Array, options: TrainStepOptions): TrainStep {
  const { model: prepared, trained } = prepareModel(model, options);
  const forward = specialise(prepared, options.batchSize, trained);
  checkNames(forward);
  const parts = { forward, head: headOf(forward, options.loss), plan: planOf(options) };
  const making = { ...parts, options };
  const graph = options.stepsPerRun > 1 ? manySteps(making) : singleStep(making);
  return { ...parts, bytes: encodeModel({ opset: Math.max(OPSET_MIN, forward.opset), graph }) };
}

/** The train-step graph alone, as ONNX bytes: its digest says what is run. @throws as {@link deriveTrainStep} */
export function buildTrainStep(model: Uint8Array, options: TrainStepOptions): Uint8Array {
  return deriveTrainStep(model, options).bytes;
}
