// ONNX TensorProto -> tensor: raw or typed data, never external files, sizes checked before anything is allocated.
import { MusterError } from '@muster/protocol';
import type { onnx as Onnx } from 'onnx-proto';
import { sizeOf, type Tensor } from './graph.ts';

type ProtoInteger = number | { toNumber(): number };

/** A protobuf int64 as a JavaScript number. @throws MusterError ERR_MODEL_MALFORMED beyond 2^53 */
export function toInteger(value: ProtoInteger): number {
  const number = typeof value === 'number' ? value : value.toNumber();
  if (!Number.isSafeInteger(number)) {
    // Exporters write "to the end" as the largest int64; it stays the largest this code can count with.
    return number > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  }
  return number;
}

/** A slice that starts on its own buffer: protobufjs hands out views into the model at any byte offset. */
function aligned(raw: Uint8Array): ArrayBuffer {
  return new Uint8Array(raw).buffer;
}

/**
 * Decodes a tensor of float32, int32 or int64.
 * @throws MusterError ERR_MODEL_MALFORMED (external data, other types, negative or absurd dimensions, wrong length)
 */
export function decodeTensor(proto: Onnx.ITensorProto): Tensor {
  const name = proto.name ?? '';
  const refuse = (reason: string): MusterError =>
    new MusterError('ERR_MODEL_MALFORMED', { reason: `tensor ${name || '(unnamed)'} ${reason}` });
  if ((proto.externalData ?? []).length > 0 || (proto.dataLocation ?? 0) !== 0) {
    throw refuse('keeps its data in another file');
  }
  const shape = (proto.dims ?? []).map(toInteger);
  const size = sizeOf(shape);
  if (shape.some((dimension) => dimension < 0) || !Number.isSafeInteger(size)) throw refuse('has absurd dimensions');
  const raw = proto.rawData && proto.rawData.length > 0 ? proto.rawData : undefined;
  const bytesEach = proto.dataType === 7 ? 8 : 4;
  if (raw !== undefined && raw.length !== size * bytesEach) throw refuse('has another length than its dimensions say');
  const checked = <T extends { length: number }>(data: T): T => {
    if (data.length !== size) throw refuse('has another length than its dimensions say');
    return data;
  };
  switch (proto.dataType) {
    case 1:
      return {
        dtype: 'float32',
        shape,
        data: checked(raw ? new Float32Array(aligned(raw)) : Float32Array.from(proto.floatData ?? [])),
      };
    case 6:
      return {
        dtype: 'int32',
        shape,
        data: checked(raw ? new Int32Array(aligned(raw)) : Int32Array.from(proto.int32Data ?? [])),
      };
    case 7: {
      const given = (proto.int64Data ?? []).map((each) => BigInt(toInteger(each)));
      return {
        dtype: 'int64',
        shape,
        data: checked(raw ? new BigInt64Array(aligned(raw)) : BigInt64Array.from(given)),
      };
    }
    default:
      throw refuse(`has element type ${String(proto.dataType)}: only float32, int32 and int64 are supported`);
  }
}
