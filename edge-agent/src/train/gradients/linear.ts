// Gemm and MatMul. Between matrices transposition is an attribute of Gemm, never a node: it costs nothing there.
import { float, floats, int, ints, longs, sizeOf, type Attribute, type Node, type Shape } from '../graph/index.ts';
import { productOf, type Product } from '../graph/shapes/linear.ts';
import { floatOf, intOf } from '../graph/attributes.ts';
import { unbroadcast } from './broadcast.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';

interface Scaled {
  readonly alpha: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

type Factor = readonly [name: string, transposed: boolean];

function gemmOf(context: RuleContext, alpha: number, [a, transA]: Factor, [b, transB]: Factor): string {
  const attributes: Record<string, Attribute> = {};
  if (transA) attributes.transA = int(1);
  if (transB) attributes.transB = int(1);
  if (alpha !== 1) attributes.alpha = float(alpha);
  return context.graph.op('Gemm', [a, b], attributes);
}

/** Y = alpha A' B' with A' = A or its transpose. Then dA' = alpha dY B'^T and dB' = alpha A'^T dY. */
function factors(node: Node, adjoint: string, context: RuleContext, product: Scaled): (string | undefined)[] {
  const { alpha, transA, transB } = product;
  const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
  const left = (): string =>
    transA
      ? gemmOf(context, alpha, [b, transB], [adjoint, true])
      : gemmOf(context, alpha, [adjoint, false], [b, !transB]);
  const right = (): string =>
    transB
      ? gemmOf(context, alpha, [adjoint, true], [a, transA])
      : gemmOf(context, alpha, [a, !transA], [adjoint, false]);
  return [context.wants(0) ? left() : undefined, context.wants(1) ? right() : undefined];
}

const list = (values: readonly number[], { graph }: RuleContext): string =>
  graph.constant(longs([values.length], [...values]));

function reshaped(value: string, from: Shape, to: Shape, context: RuleContext): string {
  return from.join() === to.join()
    ? value
    : context.graph.op('Reshape', [value, list(to, context)], { allowzero: int(1) });
}

/** Last two axes exchanged; the runtime fuses it into the product that takes it. */
function turned(value: string, rank: number, { graph }: RuleContext): string {
  const perm = Array.from({ length: rank }, (_, axis) => axis);
  return graph.op('Transpose', [value], { perm: ints([...perm.slice(0, -2), rank - 1, rank - 2]) });
}

/** One matrix for a whole batch of rows: the rows of all batches are one matrix, and so are the adjoint's. */
function sharedRight(
  node: Node,
  adjoint: string,
  context: RuleContext,
  { left, right }: Product,
): (string | undefined)[] {
  const [inner = 1, columns = 1] = right;
  const rows = sizeOf(left.slice(0, -1));
  const flat = context.graph.op('Reshape', [adjoint, list([rows, columns], context)], { allowzero: int(1) });
  const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
  const input = (): string => {
    const product = gemmOf(context, 1, [flat, false], [reshaped(b, context.shapeOf(b), right, context), true]);
    return reshaped(product, [rows, inner], context.shapeOf(a), context);
  };
  const weight = (): string => {
    const matrix = reshaped(a, context.shapeOf(a), [rows, inner], context);
    return reshaped(gemmOf(context, 1, [matrix, true], [flat, false]), right, context.shapeOf(b), context);
  };
  return [context.wants(0) ? input() : undefined, context.wants(1) ? weight() : undefined];
}

/** Batches of matrices on both sides: dA = dY B^T and dB = A^T dY, summed over the batches a factor was stretched to. */
function batched(node: Node, adjoint: string, context: RuleContext, product: Product): (string | undefined)[] {
  const { graph, shapeOf, wants } = context;
  const result = reshaped(adjoint, product.result, product.product, context);
  const [a, b] = [inputOf(node, 0), inputOf(node, 1)];
  const batch = product.product.slice(0, -2);
  const side = (index: 0 | 1): string => {
    const [own, other] = index === 0 ? [product.left, product.right] : [product.right, product.left];
    const factor = reshaped(index === 0 ? b : a, shapeOf(index === 0 ? b : a), other, context);
    const operand = turned(factor, other.length, context);
    const full = graph.op('MatMul', index === 0 ? [result, operand] : [operand, result]);
    const sum = unbroadcast(full, [...batch, ...own.slice(-2)], own, context);
    return reshaped(sum, own, shapeOf(index === 0 ? a : b), context);
  };
  return [wants(0) ? side(0) : undefined, wants(1) ? side(1) : undefined];
}

const matMul: GradientRule = (node, adjoint, context) => {
  const [a, b] = [context.shapeOf(inputOf(node, 0)), context.shapeOf(inputOf(node, 1))];
  if (a.length === 2 && b.length === 2) {
    return factors(node, adjoint, context, { alpha: 1, transA: false, transB: false });
  }
  const product = productOf(node, a, b);
  return product.right.length === 2
    ? sharedRight(node, adjoint, context, product)
    : batched(node, adjoint, context, product);
};

const gemm: GradientRule = (node, adjoint, context) => {
  const product = factors(node, adjoint, context, {
    alpha: floatOf(node, 'alpha', 1),
    transA: intOf(node, 'transA', 0) !== 0,
    transB: intOf(node, 'transB', 0) !== 0,
  });
  if (!context.wants(2)) return product;
  const beta = floatOf(node, 'beta', 1);
  const { graph, shapeOf } = context;
  const scaled = beta === 1 ? adjoint : graph.op('Mul', [adjoint, graph.constant(floats([], [beta]))]);
  return [...product, unbroadcast(scaled, shapeOf(outputOf(node)), shapeOf(inputOf(node, 2)), context)];
};

export const LINEAR_RULES: readonly (readonly [string, GradientRule])[] = [
  ['Gemm', gemm],
  ['MatMul', matMul],
];
