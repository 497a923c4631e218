// What a type rule is: from a node and the types of its inputs to the types of all its outputs (ONNX operator specification).
import type { ElementType, Node, Shape, Tensor, ValueType } from '../graph.ts';

export interface ShapeContext {
  /** Shape of the node's input at an index. @throws MusterError ERR_MODEL_SHAPE where it is not given */
  readonly input: (index: number) => Shape;
  /** Element type of the node's input at an index. @throws MusterError ERR_MODEL_SHAPE where it is not given */
  readonly dtype: (index: number) => ElementType;
  /** The node's input at an index, if it is given and its content is known before the graph runs. */
  readonly constant: (index: number) => Tensor | undefined;
}

/** @returns one type for each output, in order; what the node does not ask for is left out by the caller */
export type ShapeRule = (node: Node, context: ShapeContext) => readonly ValueType[];

/** A rule for one output of the first input's element type. */
export function shaped(shapeOf: (node: Node, context: ShapeContext) => Shape): ShapeRule {
  return (node, context) => [{ dtype: context.dtype(0), shape: shapeOf(node, context) }];
}

/** A rule for one output of a given element type. */
export function typed(dtype: ElementType, shapeOf: (node: Node, context: ShapeContext) => Shape): ShapeRule {
  return (node, context) => [{ dtype, shape: shapeOf(node, context) }];
}

/** One output like the first input. */
export const same: ShapeRule = shaped((_node, { input }) => input(0));
