// The normal distribution: draws by Box and Muller (1958), and its quantiles.
import type { Random } from '../train/index.ts';

/** As many draws of N(0, 1). */
export function normalDraws(random: Random, length: number): Float32Array {
  const draws = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    draws[i] = radius * Math.cos(angle);
    if (i + 1 < length) draws[i + 1] = radius * Math.sin(angle);
  }
  return draws;
}

/** Φ(z), to 1e-7 (Abramowitz and Stegun 1964, 26.2.17). */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z < 0 ? tail : 1 - tail;
}

/** The z of which Φ(z) is the share, by halving [-8, 8]. */
export function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (normalShare(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
