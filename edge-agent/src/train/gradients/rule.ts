// What a reverse-mode rule is: from a node and the adjoint of its output to the adjoints of its inputs.
import type { GraphBuilder, Node, Shape, Tensor } from '../graph/index.ts';

export interface RuleContext {
  /** Where the rule puts its nodes. */
  readonly graph: GraphBuilder;
  /** Whether the adjoint of the input at an index is wanted; work for an unwanted one is wasted. */
  readonly wants: (index: number) => boolean;
  /** Adjoint of the output at an index, zeros where nothing depends on it. */
  readonly adjointOf: (index: number) => string;
  /** Shape of a forward value. */
  readonly shapeOf: (name: string) => Shape;
  /** Content of the input at an index, where it is known before the graph runs. */
  readonly constant: (index: number) => Tensor | undefined;
}

/**
 * @param adjoint of the node's first output
 * @returns the adjoint's name for each input, undefined where it is not wanted or does not exist
 */
export type GradientRule = (node: Node, adjoint: string, context: RuleContext) => readonly (string | undefined)[];

/** A rule for one input: the adjoint of input 0 as a function of node and adjoint. */
export function unary(rule: (node: Node, adjoint: string, context: RuleContext) => string): GradientRule {
  return (node, adjoint, context) => [context.wants(0) ? rule(node, adjoint, context) : undefined];
}

/** Input at an index; shape inference has made sure that it is there. */
export function inputOf(node: Node, index: number): string {
  return node.inputs[index] ?? '';
}

/** The node's first output. */
export function outputOf(node: Node): string {
  return node.outputs[0] ?? '';
}
