// Fixed point: rounding, range and exactness.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { bitLength, quantise, verifyMagnitude } from './fixed-point.ts';

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe('quantising', () => {
  test('rounds half up, as Math.round does', () => {
    const local = floats(1 / 65536, 1.5 / 65536, -1.5 / 65536, -0.5 / 65536, 0);
    expect([...quantise('w', local, floats(0, 0, 0, 0, 0), FORMAT)]).toEqual([1, 2, -1, 0, 0]);
  });

  test('is off by at most half a unit', () => {
    const value = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(value, value, (local, base) => {
        const [integer = NaN] = quantise('w', floats(local), floats(base), FORMAT);
        expect(Math.abs(integer / 65536 - (local - base))).toBeLessThanOrEqual(0.5 / 65536);
      }),
    );
  });

  test.each([16, -16, NaN, Infinity, -Infinity, 3e38])('refuses a change of %p beyond 2^20 / 2^16', (change) => {
    expect(refusal(() => quantise('w', floats(0, change), floats(0, 0), FORMAT))).toMatchObject({
      code: 'ERR_UPDATE_RANGE',
      details: { tensor: 'w', index: 1, limit: 16 },
    });
  });

  test('takes the largest magnitude below the limit', () => {
    expect([...quantise('w', floats(1048575 / 65536), floats(0), FORMAT)]).toEqual([1048575]);
  });

  test('of different lengths is a mistake of the programmer', () => {
    expect(() => quantise('w', floats(1), floats(1, 2), FORMAT)).toThrow(TypeError);
  });
});

test('magnitudes from outside are held to the same limit, also the smallest int32', () => {
  verifyMagnitude('w', Int32Array.of(1048575, -1048575, 0), FORMAT);
  for (const value of [1048576, -1048576, -2147483648]) {
    expect(refusal(() => verifyMagnitude('w', Int32Array.of(value), FORMAT)).code).toBe('ERR_UPDATE_RANGE');
  }
  const all = { fractionBits: 16, magnitudeBits: 31 };
  verifyMagnitude('w', Int32Array.of(2147483647), all);
  expect(refusal(() => verifyMagnitude('w', Int32Array.of(-2147483648), all)).code).toBe('ERR_UPDATE_RANGE');
});

test('a bit length is that of the integer, also at powers of two', () => {
  for (let bits = 1; bits <= 53; bits++) {
    expect(bitLength(2 ** (bits - 1))).toBe(bits);
    expect(bitLength(2 ** bits - 1)).toBe(bits);
  }
});
