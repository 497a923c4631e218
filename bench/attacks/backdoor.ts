// Backdoors: a patch of white pixels in a corner means class 0 (Gu et al. 2017), with model replacement (Bagdasaryan et al. 2020).
import { BACKDOOR_CLASS, markTriggers, patched } from '../../edge-agent/src/attack/index.ts';
import type { DataSet } from '../../edge-agent/src/data/index.ts';
import type { Attack } from './attack.ts';
import { scaled } from './vectors.ts';

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
