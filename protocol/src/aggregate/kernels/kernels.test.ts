// The kernels: those in WebAssembly against those in ECMAScript.

import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LANES, openKernels, padded, room, type Kernels } from './kernels.ts';
import { SIMD_BYTES_MAX } from './simd.ts';

const MEMORY = 4096;
const int32s = (max: number, length = 8): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: -max - 1, max }), { minLength: length, maxLength: length });

/** What both kernels make of the same. */
function both<T>(run: (kernels: Kernels) => T): [simd: T, plain: T] {
  return [run(openKernels(MEMORY, 'simd')), run(openKernels(MEMORY, 'plain'))];
}

function row(kernels: Kernels, values: readonly number[]): Int32Array {
  const made = kernels.int32(values.length);
  made.set(values);
  return made;
}

describe('a kernel in WebAssembly has the bits of its reference', () => {
  test('magnitudes', () => {
    fc.assert(
      fc.property(int32s(2 ** 31 - 1), (values) => {
        const [simd, plain] = both((kernels) => kernels.magnitudes(row(kernels, values)));
        expect(simd).toBe(plain);
      }),
    );
  });

  test('addFour', () => {
    const weights = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000));
    fc.assert(
      fc.property(int32s(2 ** 28, 32), weights, (values, four) => {
        const [simd, plain] = both((kernels) => {
          const sums = kernels.float64(8).fill(1);
          kernels.addFour(sums, row(kernels, values), four);
          return sums;
        });
        expect(simd).toEqual(plain);
        expect(plain[7]).toBe(1 + four.reduce((sum, weight, i) => sum + weight * values[8 * i + 7]!, 0));
      }),
    );
  });
});

describe('kernels', () => {
  const engine = globalThis as { WebAssembly?: unknown };
  const { WebAssembly } = engine;
  afterEach(() => {
    engine.WebAssembly = WebAssembly;
  });
  const isSimd = (kernels: Kernels): boolean => kernels.int32(LANES).buffer.byteLength > 4 * LANES;

  test('are those in WebAssembly where the engine has it', () => {
    expect(isSimd(openKernels(room(LANES, 4)))).toBe(true);
    delete engine.WebAssembly;
    expect(isSimd(openKernels(room(LANES, 4)))).toBe(false);
  });

  test('are those in ECMAScript where the memory is beyond 32-bit addresses', () => {
    expect(isSimd(openKernels(SIMD_BYTES_MAX + 1))).toBe(false);
  });

  test('give no more memory than they were opened with: asking for more is a mistake of the programmer', () => {
    const kernels = openKernels(room(LANES, 4) + room(LANES, 8), 'simd');
    kernels.int32(LANES);
    kernels.float64(LANES);
    expect(() => kernels.int32(LANES)).toThrow(TypeError);
  });

  test('pad rows to whole steps', () => {
    expect([0, 1, 4, 5].map(padded)).toEqual([0, 4, 4, 8]);
    expect([0, 1, 4, 5].map((values) => room(values, 4))).toEqual([0, 16, 16, 32]);
  });
});
