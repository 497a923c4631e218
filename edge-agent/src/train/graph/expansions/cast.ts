// CastLike: a Cast to the type that another value has.
import { ELEMENT_CODES } from '../element-types.ts';
import { int } from '../graph.ts';
import type { Expansion } from './expansion.ts';

export const CAST_EXPANSIONS: readonly (readonly [string, Expansion])[] = [
  [
    'CastLike',
    (node, graph, { dtype }) => [graph.op('Cast', [node.inputs[0] ?? ''], { to: int(ELEMENT_CODES[dtype(1)]) })],
  ],
];
