// Short ways to write the nodes that recurrent gradients are made of.
import { int, longs, type Attribute } from '../graph/index.ts';
import type { RuleContext } from './rule.ts';

export class Sequences {
  readonly context: RuleContext;
  constructor(context: RuleContext) {
    this.context = context;
  }

  op(operator: string, ...inputs: string[]): string {
    return this.context.graph.op(operator, inputs);
  }

  product(inputs: readonly string[], transposed: { a?: boolean; b?: boolean } = {}): string {
    const attributes: Record<string, Attribute> = {};
    if (transposed.a === true) attributes['transA'] = int(1);
    if (transposed.b === true) attributes['transB'] = int(1);
    return this.context.graph.op('Gemm', inputs, attributes);
  }

  /** Equal parts along an axis; Split and Concat rather than Slice and Pad, since each is one pass over memory. */
  split(value: string, axis: number, sizes: readonly number[]): string[] {
    const { graph } = this.context;
    if (sizes.length === 1) return [value];
    const list = graph.constant(longs([sizes.length], [...sizes]));
    return graph.outputs('Split', [value, list], { axis: int(axis) }, sizes.length);
  }

  concat(values: readonly string[], axis: number): string {
    return values.length === 1 ? (values[0] ?? '') : this.context.graph.op('Concat', values, { axis: int(axis) });
  }

  /** Rows from one to before another. */
  rows(value: string, from: number, to: number): string {
    const { graph } = this.context;
    const list = (each: number): string => graph.constant(longs([1], [each]));
    return graph.op('Slice', [value, list(from), list(to), list(0)]);
  }

  reshape(value: string, shape: readonly number[]): string {
    const { graph } = this.context;
    return graph.op('Reshape', [value, graph.constant(longs([shape.length], [...shape]))]);
  }

  /** [rows, columns] to [columns]. */
  sumOverRows(value: string): string {
    const { graph } = this.context;
    return graph.op('ReduceSum', [value, graph.constant(longs([1], [0]))], { keepdims: int(0) });
  }

  zeros(shape: readonly number[]): string {
    const { graph } = this.context;
    return graph.op('ConstantOfShape', [graph.constant(longs([shape.length], [...shape]))]);
  }

  /** y (1 - y), the slope of a sigmoid where it is y. */
  sigmoidSlope(y: string): string {
    return this.op('Sub', y, this.op('Mul', y, y));
  }

  /** factor (1 - y^2): the slope of tanh where it is y, times a factor. */
  timesTanhSlope(factor: string, y: string): string {
    return this.op('Sub', factor, this.op('Mul', factor, this.op('Mul', y, y)));
  }
}
