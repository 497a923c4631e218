// Shape inference, a table: operator -> the shape of its first output (ONNX operator specification).
import { intOf, intsOf, misshapen, unsupported } from './attributes.ts';
import { sizeOf, type Node, type Tensor } from './graph.ts';
import { windowOf } from './window.ts';

export type Shape = readonly number[];

export interface ShapeContext {
  /** Shape of the node's input at an index. @throws MusterError ERR_MODEL_SHAPE where it is not given */
  readonly input: (index: number) => Shape;
  /** The node's input at an index, if it is given and its content is known before the graph runs. */
  readonly constant: (index: number) => Tensor | undefined;
}

export type ShapeRule = (node: Node, context: ShapeContext) => Shape;

/** Counts an axis from the front; ONNX lets -1 mean the last. @throws MusterError ERR_MODEL_SHAPE out of range */
export function axisOf(node: Node, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (positive < 0 || positive >= Math.max(rank, 1)) throw misshapen(node, `axis ${axis} of a rank ${rank} value`);
  return positive;
}

/** Multidirectional broadcasting. @throws MusterError ERR_MODEL_SHAPE where sizes differ and none is 1 */
export function broadcast(node: Node, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => {
    const a = left[axis - rank + left.length] ?? 1;
    const b = right[axis - rank + right.length] ?? 1;
    if (a !== b && a !== 1 && b !== 1) throw misshapen(node, `[${left.join()}] and [${right.join()}] do not broadcast`);
    return a === 1 ? b : a;
  });
}

const same: ShapeRule = (_node, { input }) => input(0);
const broadcasting: ShapeRule = (node, { input }) => broadcast(node, input(0), input(1));

/** Rows and columns of a matrix. @throws MusterError ERR_OPERATOR_UNSUPPORTED of another rank */
export function matrix(node: Node, shape: Shape, transposed = false): readonly [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw unsupported(node, `it is applied to [${shape.join()}], not to a matrix`);
  }
  return transposed ? [columns, rows] : [rows, columns];
}

const gemm: ShapeRule = (node, { input }) => {
  const [rows, inner] = matrix(node, input(0), intOf(node, 'transA', 0) !== 0);
  const [other, columns] = matrix(node, input(1), intOf(node, 'transB', 0) !== 0);
  if (inner !== other) throw misshapen(node, `inner sizes ${inner} and ${other} differ`);
  return [rows, columns];
};

const conv: ShapeRule = (node, { input }) => {
  const [batch, channels, ...spatial] = input(0);
  const [filters, depth, ...kernel] = input(1);
  if (batch === undefined || channels === undefined || filters === undefined || depth === undefined) {
    throw misshapen(node, 'input and weight need batch and channels');
  }
  if (channels !== depth * intOf(node, 'group', 1)) throw misshapen(node, `${channels} channels, weight for ${depth}`);
  return [batch, filters, ...windowOf(node, spatial, kernel).output];
};

const pool: ShapeRule = (node, { input }) => {
  const [batch = 0, channels = 0, ...spatial] = input(0);
  return [batch, channels, ...windowOf(node, spatial, intsOf(node, 'kernel_shape') ?? []).output];
};

const flatten: ShapeRule = (node, { input }) => {
  const shape = input(0);
  const axis = intOf(node, 'axis', 1);
  const at = axis === shape.length ? axis : axisOf(node, axis, shape.length);
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
};

/** Content of an int64 input. @throws MusterError ERR_OPERATOR_UNSUPPORTED where it is only known at run time */
export function integers(node: Node, tensor: Tensor | undefined, what: string): number[] {
  if (tensor?.dtype !== 'int64') throw unsupported(node, `${what} must be known before the graph runs`);
  return Array.from(tensor.data, Number);
}

const reshape: ShapeRule = (node, { input, constant }) => {
  const shape = input(0);
  const keepZero = intOf(node, 'allowzero', 0) !== 0;
  const asked = integers(node, constant(1), 'the target shape');
  const target = asked.map((size, axis) => (size === 0 && !keepZero ? (shape[axis] ?? 0) : size));
  const unknown = target.indexOf(-1);
  if (unknown >= 0) target[unknown] = sizeOf(shape) / -sizeOf(target);
  if (target.some((size) => !Number.isInteger(size) || size < 0) || sizeOf(target) !== sizeOf(shape)) {
    throw misshapen(node, `[${shape.join()}] cannot become [${asked.join()}]`);
  }
  return target;
};

const transpose: ShapeRule = (node, { input }) =>
  permutationOf(node, input(0).length).map((from) => input(0)[from] ?? 0);

/** A Transpose's permutation; reversed axes by default. @throws MusterError ERR_MODEL_SHAPE when it is none */
export function permutationOf(node: Node, rank: number): readonly number[] {
  const permutation = intsOf(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== rank || sorted.some((axis, index) => axis !== index)) {
    throw misshapen(node, `[${permutation.join()}] is no permutation of ${rank} axes`);
  }
  return permutation;
}

/** Axes of a reduction: an attribute before operator set 18, an input since; all of them by default. */
export function reducedAxes(node: Node, context: ShapeContext): number[] {
  const rank = context.input(0).length;
  const given = node.inputs[1] ? integers(node, context.constant(1), 'axes') : intsOf(node, 'axes');
  return (given ?? context.input(0).map((_, axis) => axis)).map((axis) => axisOf(node, axis, rank));
}

const reduce: ShapeRule = (node, context) => {
  const axes = new Set(reducedAxes(node, context));
  const keep = intOf(node, 'keepdims', 1) !== 0;
  return context.input(0).flatMap((size, axis) => (axes.has(axis) ? (keep ? [1] : []) : [size]));
};

/** Operator -> rule. What is not in it is refused with its name. */
export const SHAPE_RULES: ReadonlyMap<string, ShapeRule> = new Map([
  ['Add', broadcasting],
  ['AveragePool', pool],
  ['Conv', conv],
  ['Flatten', flatten],
  ['Gemm', gemm],
  ['GlobalAveragePool', (_node, { input }) => input(0).map((size, axis) => (axis < 2 ? size : 1))],
  ['LogSoftmax', same],
  ['MatMul', gemm],
  ['MaxPool', pool],
  ['Mul', broadcasting],
  ['ReduceMean', reduce],
  ['Relu', same],
  ['Reshape', reshape],
  ['Sigmoid', same],
  ['Softmax', same],
  ['Sub', broadcasting],
  ['Tanh', same],
  ['Transpose', transpose],
]);
