// Specialisation: a model with its batch size fixed. Every shape becomes known, constants are folded, and nodes that do
// nothing at training time (Identity, Dropout as exported for evaluation) or reach no output disappear.
import { MusterError } from '@muster/protocol';
import { misshapen, unsupported } from './attributes.ts';
import { fold } from './fold.ts';
import { longs, sizeOf, type Model, type Node, type Tensor } from './graph.ts';
import { parametersOf, type Parameter } from './parameters.ts';
import { SHAPE_RULES, type Shape } from './shapes.ts';

export interface Specialised {
  readonly opset: number;
  /** The examples: its first dimension is the batch. */
  readonly input: { readonly name: string; readonly shape: Shape };
  /** What the model answers: its first dimension is the batch. */
  readonly output: { readonly name: string; readonly shape: Shape };
  readonly parameters: readonly Parameter[];
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
  readonly shapes: ReadonlyMap<string, Shape>;
}

function inputOf({ graph }: Model, batchSize: number): { name: string; shape: Shape; exported: number | string } {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0 || input.dtype !== 'float32') {
    throw new MusterError('ERR_MODEL_SHAPE', { reason: 'a model must have exactly one input, of float32' });
  }
  const [exported, ...rest] = input.shape;
  const known = rest.filter((size) => typeof size === 'number');
  if (exported === undefined || known.length < rest.length) {
    throw new MusterError('ERR_MODEL_SHAPE', {
      reason: `of input ${input.name} only the batch may be of unknown size`,
    });
  }
  return { name: input.name, shape: [batchSize, ...known], exported };
}

/** The walk over a model's nodes that resolves them one by one. */
class Specialiser {
  readonly shapes = new Map<string, Shape>();
  readonly constants = new Map<string, Tensor>();
  readonly nodes: Node[] = [];
  private readonly aliases = new Map<string, string>();
  private readonly batch: { readonly size: number; readonly exported: number | string };

  constructor(batch: { readonly size: number; readonly exported: number | string }) {
    this.batch = batch;
  }

  resolve(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  define(name: string, tensor: Tensor): void {
    this.constants.set(name, tensor);
    this.shapes.set(name, tensor.shape);
  }

  visit(original: Node): void {
    const node = { ...original, inputs: original.inputs.map((name) => this.resolve(name)) };
    const [output = ''] = node.outputs;
    const constant = (index: number): Tensor | undefined => this.constants.get(node.inputs[index] ?? '');
    const shape = (index: number): Shape | undefined => this.shapes.get(node.inputs[index] ?? '');
    if (node.operator === 'Identity' || node.operator === 'Dropout') {
      this.checkDropout(node, constant(2));
      this.aliases.set(output, node.inputs[0] ?? '');
      return;
    }
    const folded = fold(node, { constant, shape });
    if (folded !== undefined) {
      this.define(output, folded);
      return;
    }
    const rule = SHAPE_RULES.get(node.operator);
    if (rule === undefined) throw unsupported(node);
    const input = (index: number): Shape => {
      const found = shape(index);
      if (found === undefined) throw misshapen(node, `its input ${index} is missing or of unknown shape`);
      return found;
    };
    const ready = node.operator === 'Reshape' ? this.thawed(node, input(0)) : node;
    const inferred = rule(ready, { input, constant: (index) => this.constants.get(ready.inputs[index] ?? '') });
    this.shapes.set(output, inferred);
    this.nodes.push(node.operator === 'Reshape' ? this.reshaped(ready, inferred) : ready);
  }

  private checkDropout(node: Node, mode: Tensor | undefined): void {
    if (node.operator === 'Dropout' && node.inputs[2] && (mode === undefined || mode.data[0] !== 0)) {
      throw unsupported(node, 'only the form exported for evaluation is');
    }
  }

  /** Exporters freeze the batch they traced into a Reshape's target: where that does not fit, it stands for ours. */
  private thawed(node: Node, input: Shape): Node {
    const target = this.constants.get(node.inputs[1] ?? '');
    if (target?.dtype !== 'int64' || Number(target.data[0]) !== this.batch.exported) return node;
    const rest = Array.from(target.data.subarray(1), Number);
    const known = sizeOf(rest.filter((size) => size !== -1)) * this.batch.size;
    const inferred = rest.map((size) => (size === -1 ? sizeOf(input) / known : size));
    if (inferred.some((size) => !Number.isInteger(size) || size < 1)) return node;
    if (sizeOf(input) !== sizeOf(inferred) * this.batch.size) return node;
    return this.reshaped(node, [this.batch.size, ...inferred]);
  }

  private reshaped(node: Node, shape: Shape): Node {
    const name = `shape:${shape.join('x')}`;
    this.define(name, longs([shape.length], shape));
    return { ...node, inputs: [node.inputs[0] ?? '', name], attributes: {} };
  }
}

/** Keeps what the value depends on, in order. */
function live(nodes: readonly Node[], value: string): Node[] {
  const needed = new Set([value]);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.unshift(node);
  }
  return kept;
}

function outputOf({ graph }: Model): string {
  const [output, ...others] = graph.outputs;
  if (output !== undefined && others.length === 0) return output.name;
  throw new MusterError('ERR_MODEL_SHAPE', { reason: 'a model must have exactly one output' });
}

/**
 * Fixes a model's batch size.
 * @param batchSize examples a run, at least 1
 * @throws MusterError ERR_MODEL_SHAPE, ERR_MODEL_MALFORMED, ERR_OPERATOR_UNSUPPORTED, each naming the node
 */
export function specialise(model: Model, batchSize: number): Specialised {
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new TypeError('batchSize must be a positive integer');
  const { exported, ...input } = inputOf(model, batchSize);
  const walk = new Specialiser({ size: batchSize, exported });
  walk.shapes.set(input.name, input.shape);
  const parameters = parametersOf(model);
  for (const { name, shape } of parameters) walk.shapes.set(name, shape);
  for (const [name, tensor] of model.graph.initializers) if (!walk.shapes.has(name)) walk.define(name, tensor);
  for (const node of model.graph.nodes) walk.visit(node);
  const name = walk.resolve(outputOf(model));
  const output = { name, shape: walk.shapes.get(name) ?? [] };
  const { constants, shapes } = walk;
  return { opset: model.opset, input, output, parameters, constants, nodes: live(walk.nodes, name), shapes };
}
