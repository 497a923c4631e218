// Operators whose result does not change with small changes of their inputs: no gradient flows through them.
import type { Node } from '../graph/index.ts';

/** Steps, comparisons and positions. A Cast that is left in a graph is from or to whole numbers or truths, so a step too. */
export const FLAT: ReadonlySet<string> = new Set([
  ...[
    'And',
    'ArgMax',
    'ArgMin',
    'Cast',
    'Ceil',
    'ConstantOfShape',
    'Equal',
    'Floor',
    'Greater',
    'GreaterOrEqual',
    'IsInf',
  ],
  ...['IsNaN', 'Less', 'LessOrEqual', 'Not', 'OneHot', 'Or', 'Round', 'Sign', 'Xor'],
]);

export function isFlat({ operator }: Node): boolean {
  return FLAT.has(operator);
}
