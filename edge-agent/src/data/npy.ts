// The header of NPY files (NumPy enhancement proposal 1, numpy.lib.format): magic, version, a Python dictionary as text.
import { malformed, shown } from './malformed.ts';

/** An array's elements: row-major, from `start` on. */
export interface NpyHeader {
  readonly start: number;
  readonly shape: readonly number[];
  readonly itemBytes: number;
  readonly get: (view: DataView, offset: number) => number;
}

/** Longest header that is read; NumPy's own limit is 10,000 characters. */
export const NPY_HEADER_BYTES = 1 << 16;
const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const DICTIONARY =
  /^\{\s*'descr'\s*:\s*(?<descr>'[^']{1,20}'|\[.*\])\s*,\s*'fortran_order'\s*:\s*(?<order>True|False)\s*,\s*'shape'\s*:\s*\((?<shape>[\d,\s]*)\)\s*,?\s*\}\s*$/s;

type Getter = (view: DataView, offset: number, little: boolean) => number;

/** By kind and size. What is wider than double precision is rounded, and refused later where it must be whole. */
const GETTERS: Readonly<Record<string, Getter>> = {
  f4: (view, offset, little) => view.getFloat32(offset, little),
  f8: (view, offset, little) => view.getFloat64(offset, little),
  b1: (view, offset) => view.getUint8(offset),
  u1: (view, offset) => view.getUint8(offset),
  i1: (view, offset) => view.getInt8(offset),
  u2: (view, offset, little) => view.getUint16(offset, little),
  i2: (view, offset, little) => view.getInt16(offset, little),
  u4: (view, offset, little) => view.getUint32(offset, little),
  i4: (view, offset, little) => view.getInt32(offset, little),
  u8: (view, offset, little) => Number(view.getBigUint64(offset, little)),
  i8: (view, offset, little) => Number(view.getBigInt64(offset, little)),
};

function typeOf(descr: string, name: string): Pick<NpyHeader, 'itemBytes' | 'get'> {
  const [, order = '', type = ''] = /^'([<>|=])([a-z]\d)'$/.exec(descr) ?? [];
  const getter = GETTERS[type];
  if (getter === undefined) {
    throw malformed(name, `has elements of type ${shown(descr)}; known are ${Object.keys(GETTERS).join(', ')}`);
  }
  const little = order !== '>';
  return { itemBytes: Number(type.slice(1)), get: (view, offset) => getter(view, offset, little) };
}

function shapeOf(text: string, name: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.at(-1) === '') parts.pop();
  const shape = parts.map(Number);
  if (parts.includes('') || !shape.every((dimension) => Number.isSafeInteger(dimension))) {
    throw malformed(name, `has shape (${text})`);
  }
  return shape;
}

/** Where the dictionary lies: its length is 2 bytes in version 1, 4 in versions 2 and 3. */
function dictionaryOf(head: Buffer, name: string): { text: string; start: number } {
  if (head.length < 12 || !head.subarray(0, 6).equals(MAGIC)) {
    throw malformed(name, 'does not start as an NPY file does');
  }
  const version = head.readUInt8(6);
  if (version < 1 || version > 3) throw malformed(name, `is of NPY version ${version}; known are 1 to 3`);
  const from = version === 1 ? 10 : 12;
  const start = from + (version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8));
  if (start > head.length) throw malformed(name, 'is truncated within its header, or has one beyond 64 KiB');
  return { text: head.toString('utf8', from, start), start };
}

/**
 * Reads the header of an NPY file.
 * @param head its first bytes: {@link NPY_HEADER_BYTES}, or all of it
 * @param length of the whole file
 * @param name what to call the file in errors
 * @throws MusterError ERR_DATA_MALFORMED: another format, structured or unknown types, Fortran order, another length
 */
export function decodeNpyHeader(head: Buffer, length: number, name: string): NpyHeader {
  const { text, start } = dictionaryOf(head, name);
  const { descr, order, shape: dimensions } = DICTIONARY.exec(text)?.groups ?? {};
  if (descr === undefined || dimensions === undefined) throw malformed(name, `has the header ${shown(text)}`);
  const type = typeOf(descr, name);
  const shape = shapeOf(dimensions, name);
  // of one dimension both orders are the same
  if (order === 'True' && shape.length > 1) {
    throw malformed(name, 'is in Fortran order; write it with numpy.ascontiguousarray');
  }
  const size = shape.reduce((product, dimension) => product * dimension, type.itemBytes);
  if (length - start !== size) throw malformed(name, `should have ${size} bytes of data, it has ${length - start}`);
  return { start, shape, ...type };
}
