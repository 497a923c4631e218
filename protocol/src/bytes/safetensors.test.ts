// safetensors: files of the reference implementation are read, its own are canonical, hostile ones are refused.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { vectorPath } from '../../../test/support/vectors.ts';
import { decodeTensors, encodeTensors, type Tensor } from './safetensors.ts';

const fixture = (name: string): Uint8Array => readFileSync(vectorPath('safetensors', `${name}.safetensors`));

/** A file of a header's text and some bytes of data. */
function file(header: string, bodyBytes: number, headerBytes?: bigint): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(bodyBytes)]);
}
const tensor = (start: unknown, end: unknown, shape: unknown = [1], dtype: unknown = 'F32'): unknown => ({
  dtype,
  shape,
  data_offsets: [start, end],
});
const header = (tensors: Record<string, unknown>): string => JSON.stringify(tensors);

describe('a safetensors file', () => {
  test('made by the reference implementation is read', () => {
    expect(decodeTensors(fixture('reference'))).toEqual([
      { name: 'dense.bias', shape: [2], data: Float32Array.of(0.1, 0.2) },
      { name: 'dense.weight', shape: [2, 3], data: Float32Array.of(0.5, -1.25, 3, 1e-3, -0, 65504) },
      { name: 'empty', shape: [0, 3], data: new Float32Array() },
      { name: 'scalar', shape: [], data: Float32Array.of(7) },
      { name: 'change', shape: [5], data: Int32Array.of(-2147483648, -1, 0, 1, 2147483647) },
    ]);
  });

  test('may carry metadata, which says nothing', () => {
    expect(decodeTensors(fixture('with-metadata'))).toEqual([
      { name: 'x', shape: [2], data: Float32Array.of(0.1, 0.2) },
    ]);
  });

  test('of ours has one form: what is read is written as the same bytes', () => {
    const bytes = encodeTensors(decodeTensors(fixture('reference')));
    expect(encodeTensors(decodeTensors(bytes))).toEqual(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  test('keeps order, names and bits of any tensors', () => {
    const data = fc
      .array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 8 })
      .map((values) => Int32Array.from(values));
    const named = fc.tuple(fc.string({ unit: 'grapheme' }), data);
    fc.assert(
      fc.property(fc.uniqueArray(named, { selector: ([name]) => name, maxLength: 5 }), (list) => {
        const tensors: Tensor[] = list
          .filter(([name]) => name !== '__metadata__')
          .map(([name, values]) => ({ name, shape: [values.length], data: values }));
        expect(decodeTensors(encodeTensors(tensors))).toEqual(tensors);
      }),
    );
  });

  test('copies its data: the file may be overwritten afterwards', () => {
    const bytes = encodeTensors([{ name: 'x', shape: [1], data: Float32Array.of(1) }]);
    const [read] = decodeTensors(bytes);
    bytes.fill(0);
    expect(read?.data).toEqual(Float32Array.of(1));
  });

  test.each([
    ['a shape of another size', [{ name: 'x', shape: [2], data: Float32Array.of(1) }]],
    [
      'a name twice',
      [
        { name: 'x', shape: [1], data: Float32Array.of(1) },
        { name: 'x', shape: [1], data: Float32Array.of(2) },
      ],
    ],
    ['the name of the metadata', [{ name: '__metadata__', shape: [1], data: Float32Array.of(1) }]],
  ])('with %s is a mistake of the programmer', (_title, tensors) => {
    expect(() => encodeTensors(tensors)).toThrow(TypeError);
  });

  const hostile: [string, Uint8Array][] = [
    ['no bytes', new Uint8Array()],
    ['less than a header length', new Uint8Array(7)],
    ['a header longer than the file', file('{}', 0, 3n)],
    ['a header of 2^63 bytes', file('{}', 0, 2n ** 63n)],
    ['a header of 2^64 - 1 bytes', file('{}', 0, 2n ** 64n - 1n)],
    ['a header beyond 8 MiB', file(`{}${' '.repeat(8 * 1024 * 1024)}`, 0)],
    ['a header that is not JSON', file('{"x"', 0)],
    ['a header that is no UTF-8', Buffer.concat([file('{"a', 0, 6n), Buffer.from('ff223a', 'hex')])],
    ['a header nested deeply', file(`{"a":${'['.repeat(100_000)}`, 0)],
    ['a tensor given twice', file(`{"a":${JSON.stringify(tensor(0, 4))},"a":${JSON.stringify(tensor(0, 4))}}`, 4)],
    ['a name that cannot be written again', file(`{"\\ud800":${JSON.stringify(tensor(0, 4))}}`, 4)],
    ['a header that is a list', file('[]', 0)],
    ['a header that is null', file('null', 0)],
    ['a header that is a number', file('1', 0)],
    ['tensors that overlap', file(header({ a: tensor(0, 4), b: tensor(0, 4) }), 4)],
    ['tensors that overlap in part', file(header({ a: tensor(0, 8, [2]), b: tensor(4, 12, [2]) }), 12)],
    ['a gap', file(header({ a: tensor(0, 4), b: tensor(8, 12) }), 12)],
    ['a gap before the first', file(header({ a: tensor(4, 8) }), 8)],
    ['bytes after the last', file(header({ a: tensor(0, 4) }), 5)],
    ['bytes without tensors', file('{}', 1)],
    ['data cut short', file(header({ a: tensor(0, 8, [2]) }), 7)],
    ['offsets beyond the data', file(header({ a: tensor(0, 2 ** 40, [2 ** 30, 2 ** 8]) }), 4)],
    ['negative offsets', file(header({ a: tensor(-4, 0) }), 0)],
    ['offsets in reverse', file(header({ a: tensor(4, 0) }), 4)],
    ['a negative shape', file(header({ a: tensor(0, 4, [-1]) }), 4)],
    ['a fractional shape', file(header({ a: tensor(0, 4, [0.5, 2]) }), 4)],
    ['a shape of another size', file(header({ a: tensor(0, 4, [2]) }), 4)],
    ['a shape too large for any file', file(header({ a: tensor(0, 4, [2 ** 31 + 1]) }), 4)],
    ['a shape of 17 dimensions', file(header({ a: tensor(0, 4, Array(17).fill(1)) }), 4)],
    ['a shape that is text', file(header({ a: tensor(0, 4, '1') }), 4)],
    ['an unknown type of number', file(header({ a: tensor(0, 4, [1], 'F33') }), 4)],
    ['a type that aligns worse', file(header({ a: tensor(0, 1, [1], 'U8') }), 1)],
    ['an unknown member', file(header({ a: { ...(tensor(0, 4) as object), more: 1 } }), 4)],
    ['a tensor that is a number', file(header({ a: 1 }), 4)],
    ['float64', fixture('float64')],
  ];
  test.each(hostile)('with %s is refused', (_title, bytes) => {
    expect(refusal(() => decodeTensors(bytes)).code).toBe('ERR_TENSORS_MALFORMED');
  });

  test('is read or refused by code, whatever its bytes', () => {
    const bytes = encodeTensors([{ name: 'x', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, cut) => {
        const bent = Uint8Array.from(bytes)
          .fill(value, at, at + 1)
          .subarray(0, cut);
        const act = (): unknown => decodeTensors(bent);
        if (cut < bytes.length) expect(refusal(act).code).toBe('ERR_TENSORS_MALFORMED');
        else expect([undefined, 'ERR_TENSORS_MALFORMED']).toContain(codeOf(act));
      }),
    );
  });
});

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
