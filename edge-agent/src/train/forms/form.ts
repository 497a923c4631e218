// What a training form is: the nodes that stand for an operator while training, where it does more than at inference.
import type { Attribute, GraphBuilder, Node } from '../graph/index.ts';
import { SHAPE_RULES } from '../graph/shapes.ts';

export interface FormContext {
  readonly graph: GraphBuilder;
  /** [batch] float32: above 0 for the examples of the batch, 0 for padding */
  readonly weights: string;
  /** scalar int64 below 2^31 - 1, another one each step; asking for it makes it an input of the step */
  readonly seed: () => string;
  /** Counts the nodes of the model that draw, in order. */
  readonly ordinal: () => number;
  /** The name a value of the carried state shall have after the step; undefined where the value is not part of the state. */
  readonly next: (value: string) => string | undefined;
}

/** Appends nodes whose last gives the node's first output. @returns false where the node stays what it is at inference */
export type TrainingForm = (node: Node, context: FormContext) => boolean;

/** Appends a float32 node that is differentiated later: unlike those of a backward pass its shape must be known. */
export function appendKnown(
  graph: GraphBuilder,
  operator: string,
  inputs: readonly string[],
  attributes: Record<string, Attribute> = {},
  output?: string,
): string {
  const name = graph.op(operator, inputs, attributes, output);
  const node = { name, operator, inputs, outputs: [name], attributes };
  const types = SHAPE_RULES.get(operator)?.(node, {
    input: (index) => graph.shapeOf(inputs[index] ?? ''),
    dtype: () => 'float32',
    constant: (index) => graph.initializers.get(inputs[index] ?? ''),
  });
  graph.shapes.set(name, types?.[0]?.shape ?? []);
  return name;
}

/** A constant with its shape. */
export function knownConstant(graph: GraphBuilder, ...given: Parameters<GraphBuilder['constant']>): string {
  const name = graph.constant(...given);
  graph.shapes.set(name, given[0].shape);
  return name;
}
