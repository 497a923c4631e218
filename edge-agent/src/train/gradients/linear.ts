// Gemm and 2-D MatMul. Transposition is an attribute of Gemm, never a node: it costs nothing there.
import { float, floats, int, type Attribute, type Node } from '../graph/index.ts';
import { floatOf, intOf } from '../graph/attributes.ts';
import { unbroadcast } from './broadcast.ts';
import { inputOf, outputOf, type GradientRule, type RuleContext } from './rule.ts';

interface Product {
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
function factors(node: Node, adjoint: string, context: RuleContext, product: Product): (string | undefined)[] {
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

const matMul: GradientRule = (node, adjoint, context) =>
  factors(node, adjoint, context, { alpha: 1, transA: false, transB: false });

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
