// Axes, broadcasting, matrices, permutations: what rules of several families, forward and backward, read from a node.
import { intsOf, misshapen, unsupported } from '../attributes.ts';
import type { Node, Shape, Tensor } from '../graph.ts';

/** Counts an axis from the front; ONNX lets -1 mean the last. @throws MusterError ERR_MODEL_SHAPE out of range, or no integer */
export function axisOf(node: Node, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  // positions of a hostile model may be of any type: 0.5 and NaN are neither below nor above
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank)
    throw misshapen(node, `axis ${axis} of a rank ${rank} value`);
  return positive;
}

/** Axes counted from the front, each once. @throws MusterError ERR_MODEL_SHAPE out of range, or given twice */
export function axesOf(node: Node, axes: readonly number[], rank: number): number[] {
  const positive = axes.map((axis) => axisOf(node, axis, rank));
  if (new Set(positive).size < positive.length) throw misshapen(node, `axes [${axes.join()}] name one axis twice`);
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

/** Rows and columns of a matrix. @throws MusterError ERR_OPERATOR_UNSUPPORTED of another rank */
export function matrix(node: Node, shape: Shape, transposed = false): readonly [number, number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined) {
    throw unsupported(node, `it is applied to [${shape.join()}], not to a matrix`);
  }
  return transposed ? [columns, rows] : [rows, columns];
}

/** Content of an int64 or int32 input. @throws MusterError ERR_OPERATOR_UNSUPPORTED where it is only known at run time */
export function integers(node: Node, tensor: Tensor | undefined, what: string): number[] {
  if (tensor?.dtype !== 'int64' && tensor?.dtype !== 'int32') {
    throw unsupported(node, `${what} must be known before the graph runs`);
  }
  return Array.from<number | bigint, number>(tensor.data, Number);
}

/** A Transpose's permutation; reversed axes by default. @throws MusterError ERR_MODEL_SHAPE when it is none */
export function permutationOf(node: Node, rank: number): readonly number[] {
  const permutation = intsOf(node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== rank || sorted.some((axis, index) => axis !== index)) {
    throw misshapen(node, `[${permutation.join()}] is no permutation of ${rank} axes`);
  }
  return permutation;
}
