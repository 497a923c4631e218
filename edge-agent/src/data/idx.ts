// IDX files, the format of MNIST (Y. LeCun, "The MNIST database", file format): unsigned bytes with a small header.
//   bytes 0-1 zero, byte 2 element type (0x08: unsigned byte), byte 3 number of dimensions,
//   then each dimension as a big-endian 32-bit integer, then the elements, row-major.
import { MusterError } from '@muster/protocol';

const UNSIGNED_BYTE = 0x08;

export interface Idx {
  readonly shape: readonly number[];
  /** A view into the file's bytes. */
  readonly data: Uint8Array;
}

function refuse(name: string, reason: string): MusterError {
  return new MusterError('ERR_DATA_MALFORMED', { reason: `${name}: ${reason}` });
}

/** The largest header: 255 dimensions. */
export const IDX_HEADER_BYTES = 4 + 4 * 255;

export interface IdxHeader {
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly start: number;
}

/**
 * Reads the header of an IDX file of unsigned bytes.
 * @param head its first bytes, {@link IDX_HEADER_BYTES} or all of it
 * @param length of the whole file
 * @param name what to call the file in errors
 * @throws MusterError ERR_DATA_MALFORMED: bad magic, other element types, truncated, longer than its header says
 */
export function decodeIdxHeader(head: Uint8Array, length: number, name: string): IdxHeader {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 4) throw refuse(name, 'is truncated within its header');
  if (view.getUint16(0) !== 0) throw refuse(name, 'does not start with the IDX magic number');
  const type = view.getUint8(2);
  if (type !== UNSIGNED_BYTE)
    throw refuse(name, `holds element type 0x${type.toString(16)}, only unsigned bytes are read`);
  const rank = view.getUint8(3);
  const start = 4 + 4 * rank;
  if (rank === 0 || head.length < start) throw refuse(name, 'is truncated within its header');
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (length - start !== size) {
    const kind = length - start < size ? 'is truncated' : 'is too long';
    throw refuse(name, `${kind}: its header promises ${size} bytes of data, it holds ${length - start}`);
  }
  return { shape, start };
}

/**
 * Reads an IDX file of unsigned bytes.
 * @param name what to call the file in errors
 * @throws MusterError ERR_DATA_MALFORMED as {@link decodeIdxHeader}
 */
export function decodeIdx(bytes: Uint8Array, name = 'IDX file'): Idx {
  const { shape, start } = decodeIdxHeader(bytes, bytes.length, name);
  return { shape, data: bytes.subarray(start) };
}

/** Writes an IDX file of unsigned bytes; the opposite of {@link decodeIdx}. */
export function encodeIdx({ shape, data }: Idx): Uint8Array {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (shape.length < 1 || shape.length > 255 || size !== data.length)
    throw new TypeError('shape does not fit the data');
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(2, UNSIGNED_BYTE);
  view.setUint8(3, shape.length);
  for (const [axis, dimension] of shape.entries()) view.setUint32(4 + 4 * axis, dimension);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
