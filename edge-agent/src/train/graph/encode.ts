// Graph -> ONNX ModelProto bytes. The same graph always gives the same bytes: its SHA-256 goes on a ledger.
import onnxProto from 'onnx-proto';
import type { onnx as Onnx } from 'onnx-proto';
import { ELEMENT_CODES } from './element-types.ts';
import type { Attribute, Graph, Model, Node, Tensor, Value } from './graph.ts';

const { onnx } = onnxProto;

/** ONNX IR version written: the newest that onnx-proto describes, read by every current runtime. */
const IR_VERSION = 8;

function tensorProto(name: string, { dtype, shape, data }: Tensor): Onnx.ITensorProto {
  // Raw data is little-endian by specification, as is every machine Node runs on that ONNX Runtime supports.
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...shape], dataType: ELEMENT_CODES[dtype], rawData };
}

const encoder = new TextEncoder();

function attributeProto(name: string, attribute: Attribute): Onnx.IAttributeProto {
  const type = onnx.AttributeProto.AttributeType;
  switch (attribute.kind) {
    case 'int':
      return { name, type: type.INT, i: attribute.value };
    case 'float':
      return { name, type: type.FLOAT, f: attribute.value };
    case 'string':
      return { name, type: type.STRING, s: encoder.encode(attribute.value) };
    case 'ints':
      return { name, type: type.INTS, ints: [...attribute.value] };
    case 'floats':
      return { name, type: type.FLOATS, floats: [...attribute.value] };
    case 'tensor':
      return { name, type: type.TENSOR, t: tensorProto('', attribute.value) };
    case 'graph':
      return { name, type: type.GRAPH, g: graphProto(attribute.value) };
  }
}

function nodeProto(node: Node): Onnx.INodeProto {
  // Attributes are a set in ONNX; sorting them makes the bytes independent of who wrote the object literal.
  const names = Object.keys(node.attributes).sort();
  return {
    name: node.name,
    opType: node.operator,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: names.map((name) => attributeProto(name, node.attributes[name] as Attribute)),
  };
}

function valueProto({ name, dtype, shape }: Value): Onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_CODES[dtype], shape: { dim } } } };
}

function graphProto(graph: Graph): Onnx.IGraphProto {
  return {
    name: graph.name,
    node: graph.nodes.map(nodeProto),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorProto(name, tensor)),
    input: graph.inputs.map(valueProto),
    output: graph.outputs.map(valueProto),
  };
}

/**
 * Encodes a model.
 * @returns ONNX bytes (ModelProto, IR version 8); equal models give equal bytes
 */
export function encodeModel(model: Model): Uint8Array {
  const bytes = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    opsetImport: [{ domain: '', version: model.opset }],
    producerName: 'muster',
    graph: graphProto(model.graph),
  }).finish();
  // protobufjs hands out slices of a shared pool: copy, so that the buffer is ours alone and can be transferred.
  return new Uint8Array(bytes);
}
