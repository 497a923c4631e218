// ONNX TensorProto -> tensor: raw or typed data, never external files, sizes checked before anything is allocated.
import { MusterError } from '@muster/protocol';
import type { onnx as Onnx } from 'onnx-proto';
import { sizeOf, type Tensor } from './graph.ts';

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

/** TensorProto.DataType -> how to read it. */
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [
    1,
    {
      bytesEach: 4,
      raw: (shape, buffer) => ({ dtype: 'float32', shape, data: new Float32Array(buffer) }),
      typed: (shape, { floatData }) => ({ dtype: 'float32', shape, data: Float32Array.from(floatData ?? []) }),
    },
  ],
  [
    6,
    {
      bytesEach: 4,
      raw: (shape, buffer) => ({ dtype: 'int32', shape, data: new Int32Array(buffer) }),
      typed: (shape, { int32Data }) => ({ dtype: 'int32', shape, data: Int32Array.from(int32Data ?? []) }),
    },
  ],
  [
    7,
    {
      bytesEach: 8,
      raw: (shape, buffer) => ({ dtype: 'int64', shape, data: new BigInt64Array(buffer) }),
      typed: (shape, { int64Data }) => {
        const data = BigInt64Array.from((int64Data ?? []).map((each) => BigInt(toInteger(each))));
        return { dtype: 'int64', shape, data };
      },
    },
  ],
]);

function refuse(name: string | null | undefined, reason: string): MusterError {
  return new MusterError('ERR_MODEL_MALFORMED', { reason: `tensor ${name || '(unnamed)'} ${reason}` });
}

function shapeOf({ name, dims }: Onnx.ITensorProto): number[] {
  const shape = (dims ?? []).map(toInteger);
  if (shape.some((dimension) => dimension < 0) || !Number.isSafeInteger(sizeOf(shape))) {
    throw refuse(name, 'has absurd dimensions');
  }
  return shape;
}

/**
 * Decodes a tensor of float32, int32 or int64.
 * @throws MusterError ERR_MODEL_MALFORMED (external data, other types, negative or absurd dimensions, wrong length)
 */
export function decodeTensor(proto: Onnx.ITensorProto): Tensor {
  const { name, dataType, externalData } = proto;
  if ((externalData ?? []).length > 0 || proto.dataLocation) throw refuse(name, 'keeps its data in another file');
  const kind = KINDS.get(dataType ?? 0);
  if (kind === undefined) {
    throw refuse(name, `has element type ${String(dataType)}: only float32, int32 and int64 are supported`);
  }
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
