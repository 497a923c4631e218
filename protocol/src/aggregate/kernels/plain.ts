// The inner loops of aggregation in ECMAScript: the reference of those in WebAssembly, and what runs without it.

import type { Kernels } from './kernels.ts';

export function openPlainKernels(): Kernels {
  return {
    int32: (length) => new Int32Array(length),
    float64: (length) => new Float64Array(length),
    magnitudes(values) {
      let bits = 0;
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        const sign = value >> 31;
        bits |= (value + sign) ^ sign;
      }
      return bits;
    },
    addFour(sums, rows, [w, x, y, z]) {
      const { length } = sums;
      for (let i = 0; i < length; i++) {
        const a = rows[i] as number;
        const b = rows[length + i] as number;
        const c = rows[2 * length + i] as number;
        const d = rows[3 * length + i] as number;
        sums[i] = (sums[i] as number) + (w * a + x * b + (y * c + z * d));
      }
    },
  };
}
