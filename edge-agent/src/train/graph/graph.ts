// A small intermediate form of an ONNX graph (ONNX IR specification): plain data, one name per value, nodes in order.

/** Element types that training graphs use; others are refused where a model is decoded. */
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';

/** Sizes of the axes, outermost first; a scalar has none. */
export type Shape = readonly number[];

/** What is known of a value before the graph runs. */
export interface ValueType {
  readonly dtype: ElementType;
  readonly shape: Shape;
}

/** A dense tensor, row-major; `data.length` is the product of `shape`. A boolean is a byte, 0 or 1. */
export type Tensor =
  | { readonly dtype: 'float32'; readonly shape: Shape; readonly data: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: Shape; readonly data: Int32Array }
  | { readonly dtype: 'int64'; readonly shape: Shape; readonly data: BigInt64Array }
  | { readonly dtype: 'bool'; readonly shape: Shape; readonly data: Uint8Array };

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph };

export interface Node {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A graph's input or output. A dimension is a size, or a name when it is only known at run time. */
export interface Value {
  readonly name: string;
  readonly dtype: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
}

export interface Model {
  /** Version of the default operator set. */
  readonly opset: number;
  readonly graph: Graph;
}

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function int(value: number): Attribute {
  return { kind: 'int', value };
}

export function float(value: number): Attribute {
  return { kind: 'float', value };
}

export function text(value: string): Attribute {
  return { kind: 'string', value };
}

export function ints(value: readonly number[]): Attribute {
  return { kind: 'ints', value };
}

export function floats(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return { dtype: 'float32', shape, data: Float32Array.from(values) };
}

export function longs(shape: readonly number[], values: readonly number[]): Tensor {
  return { dtype: 'int64', shape, data: BigInt64Array.from(values.map(BigInt)) };
}
