// The kernels: those in WebAssembly against those in ECMAScript.

import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openKernels, type Kernels } from './kernels.ts';
import { BLOCK, LANES, padded, room, STRIDE } from './layout.ts';
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

  test('widen', () => {
    fc.assert(
      fc.property(int32s(2 ** 31 - 1), (values) => {
        const [simd, plain] = both((kernels) => {
          const wide = kernels.float64(values.length);
          kernels.widen(row(kernels, values), wide);
          return [...wide];
        });
        expect(simd).toEqual(values);
        expect(plain).toEqual(values);
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

describe('kernels of blocks have the bits of their reference', () => {
  const doubles = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 12, maxLength: 12 });
  /** Three rows of a block, made of some numbers over and over, and a network for them. */
  const compare = (values: readonly number[], run: (kernels: Kernels, rows: Float64Array) => Float64Array): void => {
    const make = (kind: 'simd' | 'plain'): Float64Array => {
      const kernels = openKernels(2 ** 17, kind);
      const rows = kernels.float64(3 * STRIDE);
      rows.forEach((_, i) => {
        rows[i] = values[i % values.length]! * (1 + (i % 5));
      });
      return run(kernels, rows).slice();
    };
    expect(make('simd')).toEqual(make('plain'));
  };
  const network = (kernels: Kernels): Int32Array => {
    const pairs = kernels.int32(6);
    pairs.set([0, 1, 0, 2, 1, 2].map((row) => row * STRIDE * 8));
    return pairs;
  };

  test('sort and slide', () => {
    fc.assert(
      fc.property(doubles, fc.integer({ min: 1, max: 3 }), (values, size) => {
        compare(values, (kernels, rows) => {
          const pairs = network(kernels);
          kernels.sort(rows, pairs);
          const middle = kernels.float64(BLOCK);
          middle.set(rows.subarray(STRIDE, STRIDE + BLOCK));
          const sums = kernels.float64(BLOCK);
          sums.set(rows.subarray(0, BLOCK));
          kernels.slide(rows, 3, size, middle, sums);
          return sums;
        });
      }),
      { numRuns: 20 },
    );
  });

  test('combine, distances and dot products', () => {
    fc.assert(
      fc.property(doubles, (values) => {
        compare(values, (kernels, rows) => {
          const offsets = kernels.int32(2);
          offsets[1] = 2 * STRIDE * 8;
          const weights = kernels.float64(2).fill(1 / 3);
          const sum = kernels.float64(BLOCK);
          kernels.combine(rows, offsets, weights, sum);
          const out = kernels.float64(3).fill(1);
          kernels.addDistancesTo(rows, sum, out);
          kernels.addDots(rows, sum, out);
          return Float64Array.of(...sum, ...out);
        });
      }),
      { numRuns: 20 },
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
