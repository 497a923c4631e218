// Specialisation: a model with its batch size fixed. Every shape becomes known, constants are folded, and nodes that do
// nothing at training time (Identity, Dropout as exported for evaluation) or reach no output disappear.
import { MusterError } from '@muster/protocol';
import type { ElementType, Model, Node, Shape, Tensor, ValueType } from './graph.ts';
import { live } from './live.ts';
import { parametersOf, type Parameter } from './parameters.ts';
import { statisticsOf, type StatisticKind } from './statistics.ts';
import { Walk } from './walk.ts';

export interface NamedValue extends ValueType {
  readonly name: string;
}

export interface Specialised {
  readonly opset: number;
  /** The examples: its first dimension is the batch. */
  readonly input: NamedValue;
  /** float32; its first dimension is the batch. */
  readonly output: NamedValue;
  readonly parameters: readonly Parameter[];
  /** Those parameters that are running statistics: the step carries them on, they have no gradients. */
  readonly statistics: ReadonlyMap<string, StatisticKind>;
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly dtypes: ReadonlyMap<string, ElementType>;
}

function refuse(reason: string): MusterError {
  return new MusterError('ERR_MODEL_SHAPE', { reason });
}

function inputOf({ graph }: Model, batchSize: number): { input: NamedValue; exported: number | string } {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0 || input.dtype === 'bool') {
    throw refuse('a model must have exactly one input, of float32, int32 or int64');
  }
  const [exported, ...rest] = input.shape;
  const known = rest.filter((size) => typeof size === 'number');
  if (exported === undefined || known.length < rest.length) {
    throw refuse(`of input ${input.name} only the batch may be of unknown size`);
  }
  return { input: { ...input, shape: [batchSize, ...known] }, exported };
}

function outputOf({ graph }: Model): string {
  const [output, ...others] = graph.outputs;
  if (output !== undefined && others.length === 0) return output.name;
  throw refuse('a model must have exactly one output');
}

/** Every name of the model, so that none made on the way meets it. */
function* namesOf({ graph }: Model): Generator<string> {
  for (const { name } of graph.inputs) yield name;
  yield* graph.initializers.keys();
  for (const { outputs } of graph.nodes) yield* outputs;
}

/**
 * Fixes a model's batch size.
 * @param batchSize examples a run, at least 1
 * @param trained names of the tensors that are parameters; the rest are constants. All by default
 * @throws MusterError ERR_MODEL_SHAPE, ERR_MODEL_MALFORMED, ERR_OPERATOR_UNSUPPORTED, each naming the node
 */
export function specialise(model: Model, batchSize: number, trained?: ReadonlySet<string>): Specialised {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new TypeError('batchSize must be a positive integer');
  const { input, exported } = inputOf(model, batchSize);
  const walk = new Walk({ size: batchSize, exported }, namesOf(model));
  walk.declare(input.name, input);
  const parameters = parametersOf(model, trained);
  for (const parameter of parameters) walk.declare(parameter.name, parameter);
  for (const [name, tensor] of model.graph.initializers) if (!walk.shapes.has(name)) walk.define(name, tensor);
  for (const node of model.graph.nodes) walk.visit(node);
  const { constants, shapes, dtypes, nodes } = walk;
  const name = walk.resolve(outputOf(model));
  const [dtype, shape = []] = [dtypes.get(name), shapes.get(name)];
  if (dtype !== 'float32' || shape[0] !== batchSize) {
    throw refuse(`output ${name} is ${dtype ?? 'unknown'} [${shape.join()}], a model's is float32 [batch, ...]`);
  }
  const whole = { opset: model.opset, input, output: { name, dtype, shape } };
  const statistics = statisticsOf(nodes, new Set(parameters.map((parameter) => parameter.name)));
  return { ...whole, parameters, statistics, constants, shapes, dtypes, nodes: live(nodes, name) };
}
