// safetensors (huggingface/safetensors, README "Format"): read strictly, written in one canonical form.
// 8 bytes little-endian header length, a JSON header, then the tensors' bytes without gaps.

import { z } from 'zod';
import { MusterError } from '../errors.ts';
import { canonicalise } from './canonical.ts';
import { readJson } from './json.ts';

const ARRAYS = { F32: Float32Array, I32: Int32Array } as const;

export type DType = keyof typeof ARRAYS;
export type TensorData = Float32Array | Int32Array;

/** A named tensor, row-major. */
export interface Tensor<D extends TensorData = TensorData> {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: D;
}

/** Headers beyond this are refused before they are parsed; the reference implementation allows 100 MB. */
const MAX_HEADER_BYTES = 8 * 1024 * 1024;
const WORD = 4;
/** The one member of a header that is no tensor. */
const METADATA = '__metadata__';

const headerEntry = z.strictObject({
  dtype: z.enum(['F32', 'I32']),
  shape: z
    .array(
      z
        .int()
        .min(0)
        .max(2 ** 31),
    )
    .max(16),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

function refuse(reason: string, cause?: unknown): never {
  throw new MusterError('ERR_TENSORS_MALFORMED', { reason }, { cause });
}

/** How many values a shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * Encodes tensors in the order given; the header is canonical JSON padded with spaces to a multiple of 8 bytes, so equal
 * tensors are equal bytes.
 */
export function encodeTensors(tensors: readonly Tensor[]): Uint8Array {
  // no prototype: a tensor may be called anything
  const header = Object.create(null) as Record<string, unknown>;
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (sizeOf(shape) !== data.length || Object.hasOwn(header, name) || name === METADATA)
      throw new TypeError(`tensor ${name}: bad shape or name`);
    const end = offset + data.length * WORD;
    header[name] = {
      dtype: data instanceof Float32Array ? 'F32' : 'I32',
      shape: [...shape],
      data_offsets: [offset, end],
    };
    offset = end;
  }
  const json = Buffer.from(canonicalise(header), 'utf8');
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(json, 8);
  let at = 8 + headerBytes;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; body: Uint8Array } {
  if (bytes.length < 8) refuse('shorter than its header length');
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER_BYTES, bytes.length - 8))) refuse(`header of ${length} bytes is too long`);
  const end = 8 + Number(length);
  let header: unknown;
  try {
    header = readJson(bytes.subarray(8, end));
  } catch (cause) {
    refuse(`header: ${(cause as MusterError<'ERR_JSON_INVALID'>).details.reason}`, cause);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) refuse('header is not an object');
  return { header: header as Record<string, unknown>, body: bytes.subarray(end) };
}

/**
 * Decodes and checks safetensors of F32 and I32. Tensors come in the order of their bytes, which must lie end to end
 * without gap, overlap or rest. Data is copied, so it is the caller's own.
 * @throws ERR_TENSORS_MALFORMED
 */
export function decodeTensors(bytes: Uint8Array): Tensor[] {
  return viewTensors(bytes).map(({ name, shape, data }) => ({ name, shape, data: data.slice() }));
}

/**
 * As {@link decodeTensors}, but the data are views of one buffer, end to end: of the bytes themselves where these are
 * aligned, else of one copy.
 * @throws ERR_TENSORS_MALFORMED
 */
export function viewTensors(bytes: Uint8Array): Tensor[] {
  const { header, body: given } = readHeader(bytes);
  const body = given.byteOffset % WORD === 0 ? given : Uint8Array.from(given);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => {
      // what cannot be written again must not be read
      if (!name.isWellFormed()) refuse('lone surrogate in the name of a tensor');
      const parsed = headerEntry.safeParse(value);
      return parsed.success ? { name, ...parsed.data } : refuse(`tensor ${name.slice(0, 80)} is described wrongly`);
    })
    .sort((a, b) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  let at = 0;
  const tensors = entries.map(({ name, dtype, shape, data_offsets: [start, end] }): Tensor => {
    if (start !== at || end > body.length)
      refuse(`tensor ${name}: bytes ${start} to ${end} leave a gap, overlap or overrun`);
    if (end - start !== sizeOf(shape) * WORD) refuse(`tensor ${name}: ${end - start} bytes do not fit its shape`);
    at = end;
    return {
      name,
      shape,
      data: new ARRAYS[dtype](body.buffer as ArrayBuffer, body.byteOffset + start, (end - start) / WORD),
    };
  });
  if (at !== body.length) refuse(`${body.length - at} bytes belong to no tensor`);
  return tensors;
}
