// Free riders: agents that want the model, or the reward, without training (Fraboni et al. 2021; Lin et al. 2019).
import { seededRandom } from '../train/index.ts';
import type { Attack } from './attack.ts';
import { normalDraws } from './normal.ts';
import { normOf } from './vectors.ts';

/** Each sends another honest agent's change. */
export const copies: Attack = {
  source: 'a copy of an honest update, of another agent each',
  copies: true,
  make: ({ copyable, malicious, moved }) =>
    Array.from({ length: malicious }, (_, k) => copyable[k % copyable.length] ?? moved),
};

/** What the round before changed, disguised by noise of a tenth of its length. */
export const noise: Attack = {
  source: 'Fraboni et al. 2021, section 3.2: disguised free riders',
  make: ({ malicious, moved, random }) => {
    const deviation = (normOf(moved) * 0.1) / Math.sqrt(moved.length) || 1e-4;
    return Array.from({ length: malicious }, () => {
      const draws = normalDraws(seededRandom('free rider', random.word()), moved.length);
      return moved.map((value, i) => value + deviation * (draws[i] ?? 0));
    });
  },
};

export const zeros: Attack = {
  source: 'Fraboni et al. 2021, section 3.1: plain free riders',
  make: ({ malicious, moved }) => Array.from({ length: malicious }, () => new Float32Array(moved.length)),
};
