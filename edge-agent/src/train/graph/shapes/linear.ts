// Gemm, and MatMul as numpy's matmul: batches of matrices broadcast, a vector stands for a row or a column.
import { intOf, misshapen } from '../attributes.ts';
import type { Node, Shape } from '../graph.ts';
import { broadcast, matrix } from './geometry.ts';
import { shaped, type ShapeRule } from './rule.ts';

const gemm = shaped((node, { input }) => {
  const [rows, inner] = matrix(node, input(0), intOf(node, 'transA', 0) !== 0);
  const [other, columns] = matrix(node, input(1), intOf(node, 'transB', 0) !== 0);
  if (inner !== other) throw misshapen(node, `inner sizes ${inner} and ${other} differ`);
  return [rows, columns];
});

export interface Product {
  /** Operands as batches of matrices: a vector on the left is a row, on the right a column. */
  readonly left: Shape;
  readonly right: Shape;
  /** Of the product as a batch of matrices. */
  readonly product: Shape;
  /** Of the product as MatMul returns it: axes that only stood for a vector's missing one are gone. */
  readonly result: Shape;
}

/** Shapes of a MatMul. @throws MusterError ERR_MODEL_SHAPE of scalars, differing inner sizes, batches that do not broadcast */
export function productOf(node: Node, a: Shape, b: Shape): Product {
  if (a.length === 0 || b.length === 0) throw misshapen(node, 'a factor is a scalar');
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [rows = 1, inner] = left.slice(-2);
  const [other, columns = 1] = right.slice(-2);
  if (inner !== other) throw misshapen(node, `inner sizes ${inner ?? 0} and ${other ?? 0} differ`);
  const batch = broadcast(node, left.slice(0, -2), right.slice(0, -2));
  const result = [...batch, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])];
  return { left, right, product: [...batch, rows, columns], result };
}

export const LINEAR_SHAPES: readonly (readonly [string, ShapeRule])[] = [
  ['Gemm', gemm],
  ['MatMul', shaped((node, { input }) => productOf(node, input(0), input(1)).result)],
];
