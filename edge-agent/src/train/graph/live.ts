// Liveness: of a list of nodes in order, those that a value depends on.
import type { Node } from './graph.ts';

/** The nodes that the value depends on, in their order. */
export function live(nodes: readonly Node[], value: string): Node[] {
  const needed = new Set([value]);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  return kept.reverse();
}
