// Gamma and Dirichlet draws from the seeded generator, the same on every machine.
import type { Random } from '../train/random.ts';
import { exp, log } from './elementary.ts';

/** A standard normal draw, by Marsaglia's polar method. */
function normal(random: Random): number {
  let u: number;
  let s: number;
  do {
    u = 2 * random.uniform() - 1;
    const v = 2 * random.uniform() - 1;
    s = u * u + v * v;
  } while (s >= 1 || s === 0);
  return u * Math.sqrt((-2 * log(s)) / s);
}

/** A uniform draw of (0, 1). */
function open(random: Random): number {
  let u: number;
  do u = random.uniform();
  while (u === 0);
  return u;
}

/** log of a Gamma(shape, 1) draw (Marsaglia and Tsang 2000); the logarithm, since draws of small shapes underflow. */
export function logGamma(random: Random, shape: number): number {
  // Gamma(a) = Gamma(a + 1) * U^(1/a) for a < 1.
  const boost = shape < 1 ? log(open(random)) / shape : 0;
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const root = 1 + c * x;
    const v = root * root * root;
    if (v > 0 && log(open(random)) < 0.5 * x * x + d - d * v + d * log(v)) return log(d) + log(v) + boost;
  }
}

/** A draw of Dirichlet(concentrations): positive shares that sum to 1. */
export function dirichlet(random: Random, concentrations: readonly number[]): number[] {
  const logs = concentrations.map((concentration) => logGamma(random, concentration));
  const highest = Math.max(...logs);
  const shares = logs.map((each) => exp(each - highest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
