// The inner loops of aggregation in ECMAScript: the reference of those in WebAssembly, and what runs without it.

import type { Kernels } from './kernels.ts';
import { BLOCK, STRIDE } from './layout.ts';

const LANES = 8;

/** Σ term(column) over a block as the kernels sum: eight sums of every eighth column, then these. */
function sumOf(term: (column: number) => number): number {
  const lane = (k: number): number => {
    let sum = 0;
    for (let column = k; column < BLOCK; column += LANES) sum += term(column);
    return sum;
  };
  const half = (k: number): number => lane(k) + lane(k + 2) + (lane(k + 4) + lane(k + 6));
  return half(0) + half(1);
}

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
    widen: (row, out) => out.set(row),
    addDistancesTo(rows, to, out) {
      for (let i = 0; i < out.length; i++) {
        const start = i * STRIDE;
        const sum = sumOf((column) => {
          const difference = (rows[start + column] as number) - (to[column] as number);
          return difference * difference;
        });
        out[i] = (out[i] as number) + sum;
      }
    },
    addDots(rows, to, out) {
      for (let i = 0; i < out.length; i++) {
        const start = i * STRIDE;
        out[i] = (out[i] as number) + sumOf((column) => (rows[start + column] as number) * (to[column] as number));
      }
    },
    combine(rows, offsets, weights, out) {
      for (let column = 0; column < BLOCK; column++) {
        let sum = 0;
        for (let i = 0; i < weights.length; i++) {
          sum += (weights[i] as number) * (rows[(offsets[i] as number) / 8 + column] as number);
        }
        out[column] = sum;
      }
    },
    sort(rows, network) {
      for (let at = 0; at < network.length; at += 2) {
        const a = (network[at] as number) / 8;
        const b = (network[at + 1] as number) / 8;
        for (let column = 0; column < BLOCK; column++) {
          const x = rows[a + column] as number;
          const y = rows[b + column] as number;
          // as f64x2.pmin and pmax: of 0 and -0 both become the first
          rows[a + column] = y < x ? y : x;
          rows[b + column] = x < y ? y : x;
        }
      }
    },
    slide(rows, count, size, middle, sums) {
      for (let step = 0; step < count - size; step++) {
        for (let column = 0; column < BLOCK; column++) {
          const low = rows[step * STRIDE + column] as number;
          const high = rows[(step + size) * STRIDE + column] as number;
          const m = middle[column] as number;
          sums[column] = (sums[column] as number) + (m - low > high - m ? high - low : 0);
        }
      }
    },
  };
}
