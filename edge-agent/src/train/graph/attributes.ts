// Typed reading of a node's attributes, with the defaults the ONNX operator specification gives them.
import { MusterError } from '@muster/protocol';
import type { Attribute, Node, Tensor } from './graph.ts';

type Kinds = { [A in Attribute as A['kind']]: A['value'] };

function read<K extends keyof Kinds>(node: Node, name: string, kind: K): Kinds[K] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined) return undefined;
  if (attribute.kind !== kind) {
    throw new MusterError('ERR_MODEL_MALFORMED', {
      node: node.name,
      reason: `attribute ${name} of ${node.operator} must be of type ${kind}, is ${attribute.kind}`,
    });
  }
  return attribute.value as Kinds[K];
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function intOf(node: Node, name: string, otherwise: number): number {
  return read(node, name, 'int') ?? otherwise;
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function floatOf(node: Node, name: string, otherwise: number): number {
  return read(node, name, 'float') ?? otherwise;
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function stringOf(node: Node, name: string, otherwise: string): string {
  return read(node, name, 'string') ?? otherwise;
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'ints');
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function floatsOf(node: Node, name: string): readonly number[] | undefined {
  return read(node, name, 'floats');
}

/** @throws MusterError ERR_MODEL_MALFORMED when the attribute has another type */
export function attributeTensor(node: Node, name: string): Tensor | undefined {
  return read(node, name, 'tensor');
}

/** The one refusal of what the tables do not cover: it names operator, node and, where it is a detail, the reason. */
export function unsupported(node: Node, reason?: string): MusterError {
  return new MusterError('ERR_OPERATOR_UNSUPPORTED', {
    operator: node.operator,
    node: node.name,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** The refusal of shapes that do not fit; it names the node. */
export function misshapen(node: Node, reason: string): MusterError {
  return new MusterError('ERR_MODEL_SHAPE', { operator: node.operator, node: node.name, reason });
}
