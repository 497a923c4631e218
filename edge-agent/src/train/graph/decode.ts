// ONNX ModelProto bytes -> graph (ONNX IR specification). Whatever cannot be trusted to mean one thing is refused.
import { MusterError } from '@muster/protocol';
import onnxProto from 'onnx-proto';
import type { onnx as Onnx } from 'onnx-proto';
import { decodeTensor, toInteger } from './decode-tensor.ts';
import { elementOf, strangerType } from './element-types.ts';
import { checkWire } from './wire.ts';
import { LIMITS } from './limits.ts';
import type { Attribute, Graph, Model, Node, Tensor, Value } from './graph.ts';

const { onnx } = onnxProto;

/** Oldest and newest default operator sets whose definitions the rule tables here follow. */
const OPSET_MIN = 13;
const OPSET_MAX = 23;

function malformed(reason: string, node?: string): MusterError {
  return new MusterError('ERR_MODEL_MALFORMED', { ...(node === undefined ? {} : { node }), reason });
}

const decoder = new TextDecoder();

type AttributeReader = (proto: Onnx.IAttributeProto) => Attribute;

const { AttributeType } = onnx.AttributeProto;

/** AttributeProto.AttributeType -> how to read it. */
const ATTRIBUTES: ReadonlyMap<number, AttributeReader> = new Map<number, AttributeReader>([
  [AttributeType.INT, ({ i }) => ({ kind: 'int', value: toInteger(i ?? 0) })],
  [AttributeType.FLOAT, ({ f }) => ({ kind: 'float', value: f ?? 0 })],
  [AttributeType.STRING, ({ s }) => ({ kind: 'string', value: decoder.decode(s ?? new Uint8Array()) })],
  [AttributeType.INTS, ({ ints }) => ({ kind: 'ints', value: (ints ?? []).map(toInteger) })],
  [AttributeType.FLOATS, ({ floats }) => ({ kind: 'floats', value: floats ?? [] })],
  [AttributeType.TENSOR, ({ t }) => ({ kind: 'tensor', value: decodeTensor(t ?? {}) })],
]);

function attributes(protos: readonly Onnx.IAttributeProto[], node: string): Record<string, Attribute> {
  const names = new Set(protos.map(({ name }) => name));
  if (names.size < protos.length) throw malformed('an attribute is given twice', node);
  const read = protos.map((proto) => {
    const reader = ATTRIBUTES.get(proto.type ?? 0);
    if (reader === undefined) {
      throw malformed(`attribute ${proto.name ?? ''} has type ${String(proto.type)}, which is not supported`, node);
    }
    return [proto.name ?? '', reader(proto)] as const;
  });
  return Object.fromEntries(read);
}

/** ONNX's own domain has two names. */
function isOwn(domain: string | null | undefined): boolean {
  return !domain || domain === 'ai.onnx';
}

/** Only ONNX's own operators, and none that hold graphs of their own. */
function checkOperator(name: string, operator: string, proto: Onnx.INodeProto): void {
  if (!isOwn(proto.domain)) {
    throw new MusterError('ERR_OPERATOR_UNSUPPORTED', { operator: `${proto.domain ?? ''}.${operator}`, node: name });
  }
  const graphs: readonly unknown[] = [AttributeType.GRAPH, AttributeType.GRAPHS];
  if ((proto.attribute ?? []).some(({ type }) => graphs.includes(type))) {
    throw new MusterError('ERR_OPERATOR_UNSUPPORTED', { operator, node: name, reason: 'it holds a sub-graph' });
  }
}

function node(proto: Onnx.INodeProto, index: number): Node {
  const operator = proto.opType ?? '';
  const outputs = proto.output ?? [];
  // Exporters may leave nodes unnamed; then its first output, which is unique, names it in errors.
  const name = proto.name || (outputs[0] ?? `${operator}#${index}`);
  checkOperator(name, operator, proto);
  if (Math.max((proto.input ?? []).length, outputs.length) > LIMITS.nodeValues) {
    throw malformed(`it has more than ${LIMITS.nodeValues} inputs or outputs`, name);
  }
  return { name, operator, inputs: proto.input ?? [], outputs, attributes: attributes(proto.attribute ?? [], name) };
}

function value(proto: Onnx.IValueInfoProto): Value {
  const name = proto.name ?? '';
  const tensor = proto.type?.tensorType;
  const dtype = elementOf(tensor?.elemType);
  if (dtype === undefined) throw malformed(`value ${name} ${strangerType(tensor?.elemType)}`);
  const shape = (tensor?.shape?.dim ?? []).map((dimension, axis) => {
    const size = toInteger(dimension.dimValue ?? 0);
    if (size < 0) throw malformed(`value ${name} has a negative dimension`);
    return size > 0 ? size : dimension.dimParam || `${name}_${axis}`;
  });
  return { name, dtype, shape };
}

/** Every value is produced once, before it is used: ONNX demands it, and it excludes cycles. */
function checkOrder(graph: Graph): void {
  const known = new Set<string>(['']);
  const define = (name: string, by: string): void => {
    if (name === '') return;
    if (known.has(name)) throw malformed(`value ${name} is defined twice`, by);
    known.add(name);
  };
  for (const { name } of graph.inputs) define(name, 'graph input');
  for (const name of graph.initializers.keys()) define(name, 'initializer');
  for (const each of graph.nodes) {
    const missing = each.inputs.find((name) => !known.has(name));
    if (missing !== undefined) throw malformed(`input ${missing} is not defined before it is used`, each.name);
    for (const name of each.outputs) define(name, each.name);
  }
  const missing = graph.outputs.find(({ name }) => !known.has(name));
  if (missing !== undefined) throw malformed(`graph output ${missing.name} is not defined`);
}

function atMost(limit: number, list: readonly unknown[] | null | undefined, what: string): void {
  const count = (list ?? []).length;
  if (count > limit) throw malformed(`the graph has ${count} ${what}, at most ${limit} are supported`);
}

function graphOf(proto: Onnx.IGraphProto): Graph {
  atMost(LIMITS.nodes, proto.node, 'nodes');
  atMost(LIMITS.initializers, proto.initializer, 'initializers');
  if ((proto.sparseInitializer ?? []).length > 0) throw malformed('sparse initializers are not supported');
  const initializers = new Map<string, Tensor>();
  for (const each of proto.initializer ?? []) {
    const name = each.name ?? '';
    if (initializers.has(name)) throw malformed(`initializer ${name} is given twice`);
    initializers.set(name, decodeTensor(each));
  }
  // Before IR version 4 initializers were listed among the inputs as well.
  const inputs = (proto.input ?? []).filter(({ name }) => !initializers.has(name ?? '')).map(value);
  const outputs = (proto.output ?? []).map(value);
  return { name: proto.name ?? '', inputs, outputs, initializers, nodes: (proto.node ?? []).map(node) };
}

function opsetOf(proto: Onnx.IModelProto): number {
  const [entry, ...others] = (proto.opsetImport ?? []).filter(({ domain }) => isOwn(domain));
  if (others.length > 0) throw malformed('the operator set is given twice');
  const opset = toInteger(entry?.version ?? 0);
  if (opset < OPSET_MIN || opset > OPSET_MAX) {
    throw malformed(`operator set ${opset} is not supported: export with ${OPSET_MIN} to ${OPSET_MAX}`);
  }
  return opset;
}

/**
 * Parses an ONNX model.
 * @throws MusterError ERR_MODEL_MALFORMED (not ONNX, external data, cycles, twice-defined values, unknown operator set),
 *   ERR_OPERATOR_UNSUPPORTED (custom domains, sub-graphs)
 */
export function decodeModel(bytes: Uint8Array): Model {
  checkWire(bytes);
  let proto: Onnx.ModelProto;
  try {
    proto = onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new MusterError('ERR_MODEL_MALFORMED', { reason: 'the bytes are not an ONNX model' }, { cause });
  }
  if (!proto.graph) throw malformed('the model has no graph');
  // Functions of other domains cannot be called, since nodes of other domains are refused; exporters leave some behind.
  const redefined = proto.functions.find(({ domain }) => isOwn(domain));
  if (redefined) throw malformed(`function ${redefined.name ?? ''} redefines an operator of ONNX`);
  const model = { opset: opsetOf(proto), graph: graphOf(proto.graph) };
  checkOrder(model.graph);
  return model;
}
