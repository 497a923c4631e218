// Operators whose result does not change with small changes of their inputs: no gradient flows through them.
import { intOf } from '../graph/attributes.ts';
import { elementOf } from '../graph/element-types.ts';
import type { Node } from '../graph/index.ts';

/** Steps, comparisons and positions. */
export const FLAT: ReadonlySet<string> = new Set([
  ...[
    'And',
    'ArgMax',
    'ArgMin',
    'Ceil',
    'ConstantOfShape',
    'Equal',
    'Floor',
    'Greater',
    'GreaterOrEqual',
    'IsInf',
    'IsNaN',
  ],
  ...['Less', 'LessOrEqual', 'Not', 'OneHot', 'Or', 'Round', 'Sign', 'Xor'],
]);

/** Casts to whole numbers and truths are steps too. */
export function isFlat(node: Node): boolean {
  return node.operator === 'Cast' ? elementOf(intOf(node, 'to', 0)) !== 'float32' : FLAT.has(node.operator);
}
