// Reductions: what was brought together is spread again. CumSum, whose adjoint runs the other way.
import { intOf } from '../graph/attributes.ts';
import { floats, int, longs, sizeOf, type Node } from '../graph/index.ts';
import { reducedAxes, reducedShape } from '../graph/shapes/reduction.ts';
import { inputOf, outputOf, unary, type GradientRule, type RuleContext } from './rule.ts';

const list = (values: readonly number[], { graph }: RuleContext): string =>
  graph.constant(longs([values.length], [...values]));

/** A reduction's result, or its adjoint, with the reduced axes back in place as 1. */
function kept(node: Node, value: string, axes: readonly number[], context: RuleContext): string {
  const shape = context.shapeOf(inputOf(node, 0));
  if (context.shapeOf(outputOf(node)).length === shape.length) return value;
  return context.graph.op('Reshape', [value, list(reducedShape(shape, axes, true), context)]);
}

/** The adjoint of a mean over axes: an equal share for each element. */
export function spreadMean(node: Node, adjoint: string, axes: readonly number[], context: RuleContext): string {
  const { graph, shapeOf } = context;
  const shape = shapeOf(inputOf(node, 0));
  const share = graph.constant(floats([], [1 / sizeOf(axes.map((axis) => shape[axis] ?? 1))]));
  const scaled = graph.op('Mul', [adjoint, share]);
  return graph.op('Expand', [kept(node, scaled, axes, context), list(shape, context)]);
}

function axesOf(node: Node, { shapeOf, constant }: RuleContext): number[] {
  return reducedAxes(node, { input: (index) => shapeOf(inputOf(node, index)), constant });
}

const reduceMean = unary((node, adjoint, context) => spreadMean(node, adjoint, axesOf(node, context), context));

const reduceSum = unary((node, adjoint, context) => {
  const spread = kept(node, adjoint, axesOf(node, context), context);
  return context.graph.op('Expand', [spread, list(context.shapeOf(inputOf(node, 0)), context)]);
});

/** ReduceMax and ReduceMin: equals share the adjoint evenly, as PyTorch's amax has it. */
const reduceExtreme = unary((node, adjoint, context) => {
  const { graph } = context;
  const axes = axesOf(node, context);
  const hits = graph.op('Equal', [inputOf(node, 0), kept(node, outputOf(node), axes, context)]);
  const mask = graph.op('Cast', [hits], { to: int(1) });
  // Over no axes at all there is one element for each result.
  const count = axes.length === 0 ? mask : graph.op('ReduceSum', [mask, list(axes, context)], { keepdims: int(1) });
  return graph.op('Mul', [mask, graph.op('Div', [kept(node, adjoint, axes, context), count])]);
});

/** d log sum e^x / dx = e^(x - y) */
const reduceLogSumExp = unary((node, adjoint, context) => {
  const { graph } = context;
  const axes = axesOf(node, context);
  const share = graph.op('Exp', [graph.op('Sub', [inputOf(node, 0), kept(node, outputOf(node), axes, context)])]);
  return graph.op('Mul', [share, kept(node, adjoint, axes, context)]);
});

const cumSum = unary((node, adjoint, { graph }) =>
  graph.op('CumSum', [adjoint, inputOf(node, 1)], {
    exclusive: int(intOf(node, 'exclusive', 0)),
    reverse: int(1 - intOf(node, 'reverse', 0)),
  }),
);

export const REDUCTION_RULES: readonly (readonly [string, GradientRule])[] = [
  ['CumSum', cumSum],
  ['ReduceLogSumExp', reduceLogSumExp],
  ['ReduceMax', reduceExtreme],
  ['ReduceMean', reduceMean],
  ['ReduceMin', reduceExtreme],
  ['ReduceSum', reduceSum],
];
