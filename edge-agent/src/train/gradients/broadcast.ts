// The adjoint of broadcasting is summation over the axes that were stretched.
import { int, longs } from '../graph/index.ts';
import type { Shape } from '../graph/index.ts';
import type { RuleContext } from './rule.ts';

/**
 * Sums a value down to the shape it was broadcast from.
 * @param from shape of the value
 * @param to shape to return to; `from` is what broadcasting makes of it
 */
export function unbroadcast(value: string, from: Shape, to: Shape, { graph }: RuleContext): string {
  const lead = from.length - to.length;
  const outer = from.slice(0, lead).map((_, axis) => axis);
  const inner = to.flatMap((size, axis) => (size === 1 && from[axis + lead] !== 1 ? [axis + lead] : []));
  const axes = [...outer, ...inner];
  if (axes.length === 0) return value;
  // Axes of size 1 stay; where leading axes go as well, a Reshape drops them all at once.
  const keep = inner.length > 0;
  const list = graph.constant(longs([axes.length], axes));
  const sum = graph.op('ReduceSum', [value, list], { keepdims: int(keep ? 1 : 0) });
  return keep && lead > 0 ? graph.op('Reshape', [sum, graph.constant(longs([to.length], to))]) : sum;
}
