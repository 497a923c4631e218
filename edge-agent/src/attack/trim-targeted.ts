// Against trimmed mean and median: values just beyond the honest range, on the wrong side (Fang et al. 2020, section 4.2.2).
import type { Attack, Change } from './attack.ts';
import { meanOf } from './vectors.ts';

/** The paper's b: how far beyond the range values may lie. */
const BEYOND = 2;

/** Where values are drawn from: beyond the highest honest one where these sink, below the lowest where they rise. */
function interval(mean: number, low: number, high: number): readonly [number, number] {
  if (mean < 0) return high > 0 ? [high, BEYOND * high] : [high, high / BEYOND];
  return low > 0 ? [low / BEYOND, low] : [BEYOND * low, low];
}

export const trimTargeted: Attack = {
  source: 'Fang et al. 2020, section 4.2.2, full knowledge, b = 2',
  make: ({ honest, malicious, random }) => {
    const mean = meanOf(honest);
    const made = Array.from({ length: malicious }, (): Change => new Float32Array(mean.length));
    for (let i = 0; i < mean.length; i++) {
      const values = honest.map((change) => change[i] ?? 0);
      const [from, to] = interval(mean[i] ?? 0, Math.min(...values), Math.max(...values));
      for (const change of made) change[i] = from + (to - from) * (random.word() / 2 ** 32);
    }
    return made;
  },
};
