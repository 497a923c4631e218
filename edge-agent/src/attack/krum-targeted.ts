// Against Krum: the longest step against the honest direction that Krum still chooses (Fang et al. 2020, section 4.2.1).
import { same, type Attack, type Change, type Sight } from './attack.ts';
import { dot, meanOf, normOf, squaredDistance } from './vectors.ts';

const LAMBDA_MIN = 1e-5;

const lowest = (values: readonly number[], count: number): number =>
  values
    .toSorted((a, b) => a - b)
    .slice(0, count)
    .reduce((sum, value) => sum + value, 0);

/** Squared distances between honest changes, each row without its own. */
function distancesAmong(honest: readonly Change[]): number[][] {
  return honest.map((one, i) => honest.flatMap((other, j) => (i === j ? [] : [squaredDistance(one, other)])));
}

/** Theorem 1's bound, on a base of 0: parameters of the round before are where changes begin. */
function largest({ updates, malicious, honest }: Sight, among: readonly number[][], parameters: number): number {
  const near = Math.min(...among.map((row) => lowest(row, updates - malicious - 2)));
  const spread = Math.max(1, updates - 2 * malicious - 1) * parameters;
  return Math.sqrt(near / spread) + Math.max(...honest.map(normOf)) / Math.sqrt(parameters);
}

export const krumTargeted: Attack = {
  source: 'Fang et al. 2020, section 4.2.1, full knowledge',
  make: (sight) => {
    const { updates, malicious, honest } = sight;
    const signs = meanOf(honest).map(Math.sign);
    const parameters = dot(signs, signs);
    const among = distancesAmong(honest);
    const lengths = honest.map((change) => dot(change, change));
    const along = honest.map((change) => dot(change, signs));
    const neighbours = updates - malicious - 2;
    const isChosen = (lambda: number): boolean => {
      const far = lengths.map((length, i) => length + 2 * lambda * (along[i] ?? 0) + lambda ** 2 * parameters);
      const copies = (distance: number, count: number): number[] => new Array<number>(count).fill(distance);
      const own = lowest([...copies(0, malicious - 1), ...far], neighbours);
      const theirs = among.map((row, i) => lowest([...row, ...copies(far[i] ?? 0, malicious)], neighbours));
      return own < Math.min(...theirs);
    };
    let lambda = largest(sight, among, parameters);
    while (lambda >= LAMBDA_MIN && !isChosen(lambda)) lambda /= 2;
    return same(
      Float32Array.from(signs, (sign) => -lambda * sign),
      sight,
    );
  },
};
