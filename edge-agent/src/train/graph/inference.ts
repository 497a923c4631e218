// The form for inference of operators that were exported at work in training: what evaluation runs, and what a plain file has.
import type { Attribute, Node } from './graph.ts';

export function without(node: Node, ...names: string[]): Readonly<Record<string, Attribute>> {
  return Object.fromEntries(Object.entries(node.attributes).filter(([name]) => !names.includes(name)));
}

/** With the running statistics. */
function batchNormalization(node: Node): Node {
  return { ...node, outputs: node.outputs.slice(0, 1), attributes: without(node, 'training_mode') };
}

/** Its ratio stays; without a mode the runtime passes its input on. */
function dropout(node: Node): Node {
  return { ...node, inputs: node.inputs.slice(0, 2), outputs: node.outputs.slice(0, 1), attributes: {} };
}

const FORMS: ReadonlyMap<string, (node: Node) => Node> = new Map([
  ['BatchNormalization', batchNormalization],
  ['Dropout', dropout],
]);

/** What a node does while training is the train step's affair; this is what it does else. */
export function inferenceForm(node: Node): Node {
  return FORMS.get(node.operator)?.(node) ?? node;
}
