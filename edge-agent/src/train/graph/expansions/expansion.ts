// What an expansion is: from a node to the simpler nodes that it stands for.
import type { GraphBuilder } from '../builder.ts';
import { floats, longs, type Node } from '../graph.ts';
import type { ShapeContext } from '../shapes/rule.ts';

/**
 * Writes a node out.
 * @param graph takes the nodes and constants; names in it are fresh
 * @returns the names that stand for the node's outputs, in order; a model that uses one that is missing is refused
 */
export type Expansion = (node: Node, graph: GraphBuilder, context: ShapeContext) => readonly (string | undefined)[];

export function scalar(graph: GraphBuilder, value: number): string {
  return graph.constant(floats([], [value]));
}

export function list(graph: GraphBuilder, values: readonly number[]): string {
  return graph.constant(longs([values.length], values));
}
