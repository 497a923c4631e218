// Gaussian: every value drawn from N(0, 1) (Blanchard et al. 2017, section 5, with byzfl's deviation).
import { seededRandom } from '../train/index.ts';
import type { Attack } from './attack.ts';
import { normalDraws } from './normal.ts';

export const gaussian: Attack = {
  source: 'Blanchard et al. 2017; byzfl Gaussian(0, 1)',
  make: ({ malicious, moved, random }) =>
    Array.from({ length: malicious }, () => normalDraws(seededRandom('gaussian', random.word()), moved.length)),
};
