// The inner loops of aggregation in WebAssembly, on one memory of a size that is fixed when it is opened.

import { KERNELS } from './binary.ts';
import type { Kernels } from './kernels.ts';
import { BLOCK, STRIDE } from './layout.ts';

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** What kernels.wat exports; addresses and lengths are in bytes. */
interface Exports {
  magnitudes(at: number, bytes: number): number;
  addFour(sums: number, rows: number, rowBytes: number, w: number, x: number, y: number, z: number): void;
  widen(row: number, out: number, bytes: number): void;
  addDistancesTo(rows: number, stride: number, count: number, to: number, out: number, bytes: number): void;
  addDots(rows: number, stride: number, count: number, to: number, out: number, bytes: number): void;
  combine(rows: number, offsets: number, weights: number, count: number, out: number, bytes: number): void;
  sort(rows: number, pairs: number, pairsEnd: number, bytes: number): void;
  slide(low: number, high: number, stride: number, steps: number, middle: number, out: number, bytes: number): void;
}

/** The part of WebAssembly that is used here: TypeScript declares it with the DOM only. */
interface Engine {
  readonly Memory: new (limits: { initial: number }) => Memory;
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: { muster: { memory: Memory } }) => { readonly exports: Exports };
  validate(binary: Uint8Array): boolean;
}
declare const WebAssembly: Engine | undefined;

const BLOCK_BYTES = 8 * BLOCK;
const STRIDE_BYTES = 8 * STRIDE;
const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach. */
export const SIMD_BYTES_MAX = 65_536 * PAGE_BYTES;

const binary = (): Uint8Array => Buffer.from(KERNELS, 'base64');

/** Whether the engine runs the kernels: one without a compiler (node --jitless) has no WebAssembly. */
export function hasSimd(): boolean {
  return typeof WebAssembly !== 'undefined' && WebAssembly.validate(binary());
}

/**
 * Opens the kernels.
 * @param bytes of memory, for all arrays together
 */
export function openSimdKernels(bytes: number): Kernels {
  const { Memory, Module, Instance } = WebAssembly as Engine;
  const memory = new Memory({ initial: Math.ceil(bytes / PAGE_BYTES) });
  const { exports } = new Instance(new Module(binary()), { muster: { memory } });
  let top = 0;
  const allocate = (size: number): number => {
    const at = top;
    top += Math.ceil(size / 16) * 16;
    if (top > bytes) throw new TypeError(`${top} bytes of a memory of ${bytes}`);
    return at;
  };
  return {
    int32: (length) => new Int32Array(memory.buffer, allocate(4 * length), length),
    float64: (length) => new Float64Array(memory.buffer, allocate(8 * length), length),
    magnitudes: (values) => exports.magnitudes(values.byteOffset, values.byteLength),
    addFour: (sums, rows, [w, x, y, z]) =>
      exports.addFour(sums.byteOffset, rows.byteOffset, rows.byteLength / 4, w, x, y, z),
    widen: (row, out) => exports.widen(row.byteOffset, out.byteOffset, row.byteLength),
    addDistancesTo: (rows, to, out) =>
      exports.addDistancesTo(rows.byteOffset, STRIDE_BYTES, out.length, to.byteOffset, out.byteOffset, BLOCK_BYTES),
    addDots: (rows, to, out) =>
      exports.addDots(rows.byteOffset, STRIDE_BYTES, out.length, to.byteOffset, out.byteOffset, BLOCK_BYTES),
    combine: (rows, offsets, weights, out) =>
      exports.combine(
        rows.byteOffset,
        offsets.byteOffset,
        weights.byteOffset,
        weights.length,
        out.byteOffset,
        BLOCK_BYTES,
      ),
    sort(rows, network) {
      // of a single row there is nothing to compare
      if (network.length === 0) return;
      const { byteOffset: pairs, byteLength } = network;
      exports.sort(rows.byteOffset, pairs, pairs + byteLength, BLOCK_BYTES);
    },
    slide(rows, count, size, middle, sums) {
      const { byteOffset: low } = rows;
      const high = low + size * STRIDE_BYTES;
      // a window of all rows does not move
      if (count === size) return;
      exports.slide(low, high, STRIDE_BYTES, count - size, middle.byteOffset, sums.byteOffset, BLOCK_BYTES);
    },
  };
}
