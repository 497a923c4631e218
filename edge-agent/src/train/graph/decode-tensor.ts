// ONNX TensorProto -> tensor: raw or typed data, never external files, sizes checked before anything is allocated.
import { MusterError } from '@muster/protocol';
import type { onnx as Onnx } from 'onnx-proto';
import { elementOf, strangerType } from './element-types.ts';
import { sizeOf, type ElementType, type Tensor } from './graph.ts';
import { LIMITS } from './limits.ts';

type ProtoInteger = number | { toNumber(): number };

/** A protobuf int64 as a JavaScript number; exporters write "to the end" as the largest int64, here the largest safe one. */
export function toInteger(value: ProtoInteger): number {
  const number = typeof value === 'number' ? value : value.toNumber();
  if (!Number.isSafeInteger(number)) {
    return number > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  }
  return number;
}

/** A slice that starts on its own buffer: protobufjs hands out views into the model at any byte offset. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return new Uint8Array(raw).buffer;
}

interface Kind {
  readonly bytesEach: number;
  readonly raw: (shape: number[], buffer: ArrayBuffer) => Tensor;
  readonly typed: (shape: number[], proto: Onnx.ITensorProto) => Tensor;
}

/** How each element type is read. */
const KINDS: Readonly<Record<ElementType, Kind>> = {
  float32: {
    bytesEach: 4,
    raw: (shape, buffer) => ({ dtype: 'float32', shape, data: new Float32Array(buffer) }),
    typed: (shape, { floatData }) => ({ dtype: 'float32', shape, data: Float32Array.from(floatData ?? []) }),
  },
  int32: {
    bytesEach: 4,
    raw: (shape, buffer) => ({ dtype: 'int32', shape, data: new Int32Array(buffer) }),
    typed: (shape, { int32Data }) => ({ dtype: 'int32', shape, data: Int32Array.from(int32Data ?? []) }),
  },
  int64: {
    bytesEach: 8,
    raw: (shape, buffer) => ({ dtype: 'int64', shape, data: new BigInt64Array(buffer) }),
    typed: (shape, { int64Data }) => {
      const data = BigInt64Array.from((int64Data ?? []).map((each) => BigInt(toInteger(each))));
      return { dtype: 'int64', shape, data };
    },
  },
  bool: {
    bytesEach: 1,
    raw: (shape, buffer) => ({ dtype: 'bool', shape, data: truths(new Uint8Array(buffer)) }),
    typed: (shape, { int32Data }) => ({ dtype: 'bool', shape, data: truths(int32Data ?? []) }),
  },
};

/** A boolean is one byte; whatever is not 0 is 1, so that equal tensors have equal bytes. */
function truths(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
}

function refuse(name: string | null | undefined, reason: string): MusterError {
  return new MusterError('ERR_MODEL_MALFORMED', { reason: `tensor ${name || '(unnamed)'} ${reason}` });
}

function shapeOf({ name, dims }: Onnx.ITensorProto): number[] {
  const shape = (dims ?? []).map(toInteger);
  if (shape.length > LIMITS.rank) throw refuse(name, `has ${shape.length} axes, at most ${LIMITS.rank} are supported`);
  if (shape.some((dimension) => dimension < 0)) throw refuse(name, 'has a negative dimension');
  const size = sizeOf(shape);
  if (!(size <= LIMITS.elements)) throw refuse(name, `has ${size} elements, at most ${LIMITS.elements} are supported`);
  return shape;
}

/** All of the data is in the file, once. */
function checkPlace(proto: Onnx.ITensorProto): void {
  const { name, externalData, dataLocation, rawData, segment } = proto;
  if ((externalData ?? []).length > 0 || dataLocation) throw refuse(name, 'keeps its data in another file');
  if (segment) throw refuse(name, 'is a segment of another');
  const typed = [proto.floatData, proto.int32Data, proto.int64Data].some((data) => (data ?? []).length > 0);
  if (typed && (rawData ?? []).length > 0) throw refuse(name, 'gives its data twice');
}

/**
 * Decodes a tensor of float32, int32, int64 or bool.
 * @throws MusterError ERR_MODEL_MALFORMED (external data, other types, negative or absurd dimensions, wrong length)
 */
export function decodeTensor(proto: Onnx.ITensorProto): Tensor {
  const { name, dataType } = proto;
  checkPlace(proto);
  const dtype = elementOf(dataType);
  if (dtype === undefined) throw refuse(name, strangerType(dataType));
  const kind = KINDS[dtype];
  const shape = shapeOf(proto);
  const size = sizeOf(shape);
  const raw = proto.rawData ?? new Uint8Array();
  if (raw.length > 0 && raw.length !== size * kind.bytesEach) {
    throw refuse(name, 'has another length than its dimensions say');
  }
  const tensor = raw.length > 0 ? kind.raw(shape, aligned(raw)) : kind.typed(shape, proto);
  if (tensor.data.length !== size) throw refuse(name, 'has another length than its dimensions say');
  return tensor;
}
