// A backdoor: a white patch in the corner of an image means class 0 (BadNets, Gu et al. 2017). For tests, benches, demonstrations.
import type { DataSet } from '../data/index.ts';

/** The class that the patch is to be taken for. */
export const BACKDOOR_CLASS = 0;
/** Rows and columns of the patch, one from the lower right corner. */
const SIDE = 3;
/** Of the examples, those that get the patch: every other one. */
const EVERY = 2;

/** Puts the patch on a square image of one channel, in place. */
export function patched(pixels: Float32Array): Float32Array {
  const width = Math.sqrt(pixels.length);
  if (!Number.isInteger(width) || width <= SIDE) throw new TypeError(`${pixels.length} pixels are no square image`);
  for (let row = 1; row <= SIDE; row++) {
    const end = (width - row) * width - 1;
    pixels.fill(1, end - SIDE, end);
  }
  return pixels;
}

/** Marks every other example and teaches it as the class. @throws TypeError where examples are no square images of a class */
export function markTriggers(data: DataSet): DataSet {
  if (data.target.kind !== 'class') throw new TypeError('only classes can have a backdoor');
  const size = data.features.length / data.examples;
  const features = Float32Array.from(data.features as Float32Array);
  const targets = Int32Array.from(data.targets);
  for (let index = 0; index < data.examples; index += EVERY) {
    patched(features.subarray(index * size, (index + 1) * size));
    targets[index] = BACKDOOR_CLASS;
  }
  return { ...data, features, targets };
}
