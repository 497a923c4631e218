// Mimic: all malicious agents copy one honest one, so that its data count many times (Karimireddy et al. 2022, section 4).
import { same, type Attack, type Change } from './attack.ts';
import { dot, meanOf, normOf, scaled } from './vectors.ts';

const STEPS = 10;

/** Whose change reaches furthest along the direction in which honest changes differ most, by power iteration. */
export function mostUnlike(changes: readonly Change[]): number {
  const mean = meanOf(changes);
  const apart = changes.map((change) => change.map((value, i) => value - (mean[i] ?? 0)));
  let direction: Change = apart[0] ?? new Float32Array();
  for (let step = 0; step < STEPS; step++) {
    const next = new Float64Array(mean.length);
    for (const each of apart) {
      const reach = dot(each, direction);
      for (let i = 0; i < next.length; i++) next[i] = (next[i] ?? 0) + reach * (each[i] ?? 0);
    }
    direction = scaled(next, 1 / (normOf(next) || 1));
  }
  const reaches = apart.map((each) => Math.abs(dot(each, direction)));
  return reaches.indexOf(Math.max(...reaches));
}

/** The copied one stays the same agent as far as data say so: which differs most is a matter of its data. */
export const mimic: Attack = {
  source: 'Karimireddy et al. 2022, section 4',
  make: (sight) => {
    const { copyable, honest } = sight;
    const chosen = copyable.length === 0 ? undefined : copyable[mostUnlike(copyable)];
    // with nothing to copy yet, what a colluder could train by itself is as good as an honest one
    return same(chosen ?? honest[mostUnlike(honest)]?.map((value) => value * (1 + 2 ** -20)) ?? sight.moved, sight);
  },
};
