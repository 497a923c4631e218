// Operators written out in simpler ones before anything else looks at them, a table: they need neither type nor gradient rule.
import type { GraphBuilder } from './builder.ts';
import type { Node } from './graph.ts';
import type { ShapeContext } from './shapes/rule.ts';

/**
 * Writes a node out.
 * @param graph takes the nodes and constants; names in it are fresh
 * @returns the names that stand for the node's outputs, in order; a missing one must not be used by the model
 */
export type Expansion = (node: Node, graph: GraphBuilder, context: ShapeContext) => readonly (string | undefined)[];

/** Operator -> expansion. */
export const EXPANSIONS: ReadonlyMap<string, Expansion> = new Map<string, Expansion>([]);
