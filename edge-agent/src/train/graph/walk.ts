// The walk over a model's nodes that resolves them one by one: aliases, constants, expansions, types of values.
import { MusterError } from '@muster/protocol';
import { intOf, misshapen, unsupported } from './attributes.ts';
import { GraphBuilder } from './builder.ts';
import { canonical } from './canonical.ts';
import { elementOf } from './element-types.ts';
import { EXPANSIONS } from './expansions.ts';
import type { Expansion } from './expansions/expansion.ts';
import { fold } from './fold.ts';
import { longs, sizeOf, type ElementType, type Node, type Shape, type Tensor, type ValueType } from './graph.ts';
import { LIMITS } from './limits.ts';
import { SHAPE_RULES } from './shapes.ts';
import type { ShapeContext } from './shapes/rule.ts';

export interface Batch {
  /** Examples a run. */
  readonly size: number;
  /** What the model's file says of the batch: a size it was traced with, or a name. */
  readonly exported: number | string;
}

export class Walk {
  readonly shapes = new Map<string, Shape>();
  readonly dtypes = new Map<string, ElementType>();
  readonly constants = new Map<string, Tensor>();
  readonly nodes: Node[] = [];
  private readonly aliases = new Map<string, string>();
  private readonly batch: Batch;
  private total = 0;
  /** Where expansions and canonical forms put what they make. */
  private readonly written = new GraphBuilder();

  constructor(batch: Batch, names: Iterable<string>) {
    this.batch = batch;
    this.written.reserve(names);
  }

  resolve(name: string): string {
    return this.aliases.get(name) ?? name;
  }

  declare(name: string, { dtype, shape }: ValueType): void {
    if (shape.length > LIMITS.rank || !(sizeOf(shape) <= LIMITS.elements)) {
      const reason = `value ${name} has shape [${shape.join()}], at most ${LIMITS.rank} axes and ${LIMITS.elements} elements are supported`;
      throw new MusterError('ERR_MODEL_SHAPE', { reason });
    }
    this.total += sizeOf(shape);
    if (this.total > LIMITS.totalElements) {
      throw new MusterError('ERR_MODEL_SHAPE', {
        reason: `values have more than ${LIMITS.totalElements} elements together`,
      });
    }
    this.shapes.set(name, shape);
    this.dtypes.set(name, dtype);
  }

  define(name: string, tensor: Tensor): void {
    this.declare(name, tensor);
    this.constants.set(name, tensor);
  }

  visit(original: Node): void {
    const node = { ...original, inputs: original.inputs.map((name) => this.resolve(name)) };
    const context = this.contextOf(node);
    if (this.nothing(node, context)) {
      this.aliases.set(node.outputs[0] ?? '', node.inputs[0] ?? '');
      return;
    }
    const rule = SHAPE_RULES.get(node.operator);
    const folded = fold(node, { ...context, shape: (index) => this.shapes.get(node.inputs[index] ?? '') }, rule);
    if (folded !== undefined) {
      for (const [index, name] of node.outputs.entries()) if (folded[index]) this.define(name, folded[index]);
      return;
    }
    const expansion = EXPANSIONS.get(node.operator);
    if (expansion !== undefined) this.expand(node, expansion, context);
    else this.keep(node, context);
  }

  private contextOf(node: Node): ShapeContext {
    const known = <T>(map: ReadonlyMap<string, T>, index: number): T => {
      const found = map.get(node.inputs[index] ?? '');
      if (found === undefined) throw misshapen(node, `its input ${index} is missing or of unknown shape`);
      return found;
    };
    return {
      input: (index) => known(this.shapes, index),
      dtype: (index) => known(this.dtypes, index),
      constant: (index) => this.constants.get(node.inputs[index] ?? ''),
    };
  }

  private keep(node: Node, context: ShapeContext): void {
    const rule = SHAPE_RULES.get(node.operator);
    if (rule === undefined) throw unsupported(node);
    const thawed = node.operator === 'Reshape' ? this.thawed(node, context.input(0)) : node;
    const ready = canonical(thawed, this.written, context);
    this.adopt();
    const types = rule(ready, this.contextOf(ready));
    for (const [index, name] of ready.outputs.entries()) {
      const type = types[index];
      if (name === '') continue;
      if (type === undefined) throw unsupported(node, `its output ${index}`);
      this.declare(name, type);
    }
    this.nodes.push(node.operator === 'Reshape' ? this.reshaped(ready, types[0]?.shape ?? []) : ready);
    if (this.nodes.length > LIMITS.expandedNodes) {
      throw new MusterError('ERR_MODEL_MALFORMED', {
        reason: `the model takes more than ${LIMITS.expandedNodes} nodes`,
      });
    }
  }

  /** Constants made on the way are like the model's own. */
  private adopt(): void {
    for (const [name, tensor] of this.written.initializers) if (!this.constants.has(name)) this.define(name, tensor);
    this.written.initializers.clear();
  }

  private expand(node: Node, expansion: Expansion, context: ShapeContext): void {
    const outputs = expansion(node, this.written, context);
    this.adopt();
    for (const each of this.written.nodes.splice(0)) this.visit({ ...each, name: `${node.name}/${each.name}` });
    for (const [index, name] of node.outputs.entries()) {
      const made = outputs[index];
      if (made !== undefined) this.aliases.set(name, this.resolve(made));
    }
  }

  /** Nodes that pass their input on. */
  private nothing(node: Node, { dtype }: ShapeContext): boolean {
    if (node.operator === 'Cast') return elementOf(intOf(node, 'to', 0)) === dtype(0);
    return node.operator === 'Identity';
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
