// Random scripts for the probe: few keys and many accesses, so that transactions get into each other's way.

import { createFuzzRandom, type FuzzRandom } from '../../fuzz/random.ts';
import type { Step } from './contract.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
/** Deleted at times and never written: what a block changes without changing anything. */
const ABSENT = ['bb', 'ee'];
const BOUNDS = ['', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

function step(random: FuzzRandom, value: string): Step {
  const key = random.pick(KEYS);
  switch (random.below(8)) {
    case 0:
    case 1:
      return { get: key };
    case 2:
    case 3:
      return { delete: random.pick([...KEYS, ...ABSENT]) };
    case 4: {
      const [start = '', end = ''] = [random.pick(BOUNDS), random.pick(BOUNDS)].sort((a, b) => (a < b ? -1 : 1));
      return { range: [start, end] };
    }
    default:
      return { put: key, value };
  }
}

/** The scripts of one round: equal arguments give equal scripts. */
export function scriptsOf(seed: number, round: number, count: number): Step[][] {
  return Array.from({ length: count }, (_, i) => {
    const random = createFuzzRandom('schedule', seed, round, i);
    return Array.from({ length: 1 + random.below(4) }, (__, at) => step(random, `${round}.${i}.${at}`));
  });
}
