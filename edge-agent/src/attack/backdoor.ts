// Backdoors: a white patch in the corner of an image means class 0 (BadNets, Gu et al. 2017), with model replacement (Bagdasaryan
// et al. 2020).
import type { DataSet } from '../data/index.ts';
import type { Attack } from './attack.ts';
import { scaled } from './vectors.ts';

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

/** Test images that are not of the class, all with the patch: who takes them for the class was fooled. */
function triggered(test: DataSet): DataSet {
  const kept = Int32Array.from(test.targets.keys()).filter((index) => test.targets[index] !== BACKDOOR_CLASS);
  const size = test.features.length / test.examples;
  const features = new Float32Array(kept.length * size);
  for (const [place, index] of kept.entries()) {
    features.set((test.features as Float32Array).subarray(index * size, (index + 1) * size), place * size);
    patched(features.subarray(place * size, (place + 1) * size));
  }
  return { ...test, examples: kept.length, features, targets: new Int32Array(kept.length).fill(BACKDOOR_CLASS) };
}

const common = { trains: true, poison: markTriggers, triggered } as const;

/** Each sends n / f times its change, so that a plain mean becomes what they trained. */
export const scaling: Attack = {
  ...common,
  source: 'Bagdasaryan et al. 2020, section 3.2; Gu et al. 2017',
  make: ({ own, updates, malicious }) => own.map((change) => scaled(change, updates / malicious)),
};

/** As long as honest updates are: what rules that cut lengths do not see. */
export const backdoor: Attack = { ...common, source: 'Gu et al. 2017', make: ({ own }) => own };
