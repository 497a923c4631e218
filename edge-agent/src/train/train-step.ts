// The train-step graph: forward, backward, FedProx, momentum and update as one ONNX graph, derived deterministically from
// a model and hyper-parameters. Its digest on the ledger says what was run. One session.run is one SGD step, or K of them.
import { MusterError } from '@muster/protocol';
import { differentiate } from './gradients/differentiate.ts';
import { decodeModel, encodeModel, GraphBuilder, int, specialise } from './graph/index.ts';
import type { Graph, Node, Specialised, Value } from './graph/index.ts';
import { appendCrossEntropy } from './loss.ts';
import { appendUpdate } from './update.ts';

export interface TrainStepOptions {
  /** Examples a step. */
  readonly batchSize: number;
  readonly loss: 'cross-entropy';
  /** 0 for plain SGD. */
  readonly momentum: number;
  /** FedProx's mu, 0 for plain FedAvg. */
  readonly proximal: number;
  /** 1 for one step a run; more makes the graph a loop over as many steps as rows of indices are fed. */
  readonly stepsPerRun?: number;
}

/** Names of the train-step graph's inputs and outputs. */
export const STEP = {
  /** [examples, ...shape] float32: all of the data set; batches are gathered inside. */
  examples: 'step:examples',
  /** [examples] int32 */
  labels: 'step:labels',
  /** [batch] int32, or [steps, batch] */
  indices: 'step:indices',
  /** [batch] float32, or [steps, batch]: 1/n for the n examples of the batch, 0 for padding */
  weights: 'step:weights',
  /** scalar float32 */
  learningRate: 'step:learning-rate',
  /** scalar float32, or [steps]: weighted mean cross-entropy before the step */
  loss: 'step:loss',
  old: (state: string): string => `old:${state}`,
  next: (state: string): string => `new:${state}`,
  base: (parameter: string): string => `base:${parameter}`,
  /** Velocity, kept multiplied by -learningRate; starts as zeros. */
  velocity: (parameter: string): string => `velocity:${parameter}`,
} as const;

const OPSET_MIN = 18; // ScatterElements with a reduction, ReduceSum and ReduceMean with axes as input
const RESERVED = ['step:', 'old:', 'new:', 'base:', 'velocity:', 'next:'];

/** Where the step's nodes find their inputs and leave their results. */
interface Scope {
  readonly state: (name: string) => string;
  readonly next: (name: string) => string;
  readonly indices: string;
  readonly weights: string;
  readonly loss: string;
}

function checkNames(forward: Specialised): void {
  for (const name of forward.shapes.keys()) {
    if (RESERVED.some((prefix) => name.startsWith(prefix))) {
      throw new MusterError('ERR_MODEL_MALFORMED', { reason: `value name ${name} is reserved for the train step` });
    }
  }
}

function appendForward(graph: GraphBuilder, forward: Specialised, { state, indices }: Scope): void {
  const used = new Set(forward.nodes.flatMap(({ inputs }) => inputs));
  const parameters = new Set(forward.parameters.map(({ name }) => name));
  graph.reserve(forward.shapes.keys());
  for (const [name, shape] of forward.shapes) graph.shapes.set(parameters.has(name) ? state(name) : name, shape);
  for (const [name, tensor] of forward.constants) if (used.has(name)) graph.initializers.set(name, tensor);
  graph.op('Gather', [STEP.examples, indices], {}, forward.input.name);
  for (const node of forward.nodes) {
    graph.append({ ...node, inputs: node.inputs.map((name) => (parameters.has(name) ? state(name) : name)) });
  }
}

function appendStep(forward: Specialised, options: TrainStepOptions, scope: Scope): GraphBuilder {
  const graph = new GraphBuilder();
  appendForward(graph, forward, scope);
  const { momentum, proximal, batchSize } = options;
  const { logits, classes } = forward;
  const labels = graph.op('Gather', [STEP.labels, scope.indices]);
  const { weights } = scope;
  // The seed carries -lr, so every gradient arrives as the step to add and updates fuse into the products that make them.
  const scale = graph.op('Neg', [STEP.learningRate]);
  const seed = appendCrossEntropy(graph, { logits, classes, labels, weights, scale, batchSize }, scope.loss);
  const wanted = new Set(forward.parameters.map(({ name }) => scope.state(name)));
  const gradients = differentiate(graph, logits, seed, wanted, forward.constants);
  for (const { name } of forward.parameters) {
    const velocity = STEP.velocity(name);
    const names = {
      parameter: scope.state(name),
      base: STEP.base(name),
      velocity: scope.state(velocity),
      nextParameter: scope.next(name),
      nextVelocity: scope.next(velocity),
    };
    const rule = { momentum, proximal, learningRate: STEP.learningRate };
    appendUpdate(graph, gradients.get(names.parameter), names, rule);
  }
  return graph;
}

/** The state a step carries on: parameters, then, with momentum, their velocities. */
function statesOf({ parameters }: Specialised, momentum: number): Value[] {
  const values = parameters.map(({ name, shape }): Value => ({ name, shape, dtype: 'float32' }));
  const velocities = values.map((value) => ({ ...value, name: STEP.velocity(value.name) }));
  return momentum > 0 ? [...values, ...velocities] : values;
}

const renamed = (values: readonly Value[], to: (name: string) => string): Value[] =>
  values.map((value) => ({ ...value, name: to(value.name) }));

function commonInputs(forward: Specialised, proximal: number): Value[] {
  const shape = ['examples', ...forward.input.shape.slice(1)];
  const bases = proximal > 0 ? forward.parameters.map(({ name, ...rest }) => ({ ...rest, name: STEP.base(name) })) : [];
  return [
    { name: STEP.examples, dtype: 'float32', shape },
    { name: STEP.labels, dtype: 'int32', shape: ['examples'] },
    { name: STEP.learningRate, dtype: 'float32', shape: [] },
    ...bases,
  ];
}

function singleStep(forward: Specialised, options: TrainStepOptions): Graph {
  const { indices, weights, loss, old, next } = STEP;
  const graph = appendStep(forward, options, { state: old, next, indices, weights, loss });
  const states = statesOf(forward, options.momentum);
  const batch = [options.batchSize];
  return {
    name: 'train-step',
    inputs: [
      ...commonInputs(forward, options.proximal),
      { name: indices, dtype: 'int32', shape: batch },
      { name: weights, dtype: 'float32', shape: batch },
      ...renamed(states, old),
    ],
    outputs: [...renamed(states, next), { name: loss, dtype: 'float32', shape: [] }],
    initializers: graph.initializers,
    nodes: graph.nodes,
  };
}

/** A Scan over rows of indices and weights: parameters and velocities are its loop state and never leave the runtime. */
function manySteps(forward: Specialised, options: TrainStepOptions): Graph {
  const inside = { state: (name: string) => name, next: (name: string) => `next:${name}` };
  const names = { indices: 'next:indices', weights: 'next:weights', loss: 'next:loss' };
  const body = appendStep(forward, options, { ...inside, ...names });
  const states = statesOf(forward, options.momentum);
  const batch = [options.batchSize];
  const rows = (name: string, dtype: Value['dtype'], shape: Value['shape']): Value => ({ name, dtype, shape });
  const bodyGraph: Graph = {
    name: 'step',
    inputs: [...states, rows(names.indices, 'int32', batch), rows(names.weights, 'float32', batch)],
    outputs: [...renamed(states, inside.next), rows(names.loss, 'float32', [])],
    initializers: body.initializers,
    nodes: body.nodes,
  };
  const scan: Node = {
    name: 'steps',
    operator: 'Scan',
    inputs: [...states.map(({ name }) => STEP.old(name)), STEP.indices, STEP.weights],
    outputs: [...states.map(({ name }) => STEP.next(name)), STEP.loss],
    attributes: { body: { kind: 'graph', value: bodyGraph }, num_scan_inputs: int(2) },
  };
  return {
    name: 'train-steps',
    inputs: [
      ...commonInputs(forward, options.proximal),
      rows(STEP.indices, 'int32', ['steps', ...batch]),
      rows(STEP.weights, 'float32', ['steps', ...batch]),
      ...renamed(states, STEP.old),
    ],
    outputs: [...renamed(states, STEP.next), rows(STEP.loss, 'float32', ['steps'])],
    initializers: new Map(),
    nodes: [scan],
  };
}

/**
 * Derives the train-step graph of a model. The same model and options give the same bytes.
 * @param model ONNX bytes of a classifier: one float32 input [batch, ...], one output [batch, classes]
 * @returns ONNX bytes; inputs and outputs are named by {@link STEP}
 * @throws MusterError ERR_MODEL_MALFORMED, ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED, each naming the node
 */
export function buildTrainStep(model: Uint8Array, options: TrainStepOptions): Uint8Array {
  const forward = specialise(decodeModel(model), options.batchSize);
  checkNames(forward);
  const graph = (options.stepsPerRun ?? 1) > 1 ? manySteps(forward, options) : singleStep(forward, options);
  return encodeModel({ opset: Math.max(OPSET_MIN, forward.opset), graph });
}
