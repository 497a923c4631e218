// A little is enough: each value z deviations beside the honest mean (Baruch et al. 2019, algorithm 3).
import { same, type Attack, type Sight } from './attack.ts';
import { normalQuantile } from './normal.ts';
import { meanOf, spreadOf } from './vectors.ts';

/** The largest z at which enough honest values are further out to make the malicious ones a majority. */
export function paperZ({ updates, malicious }: Pick<Sight, 'updates' | 'malicious'>): number {
  const needed = Math.floor(updates / 2 + 1) - malicious;
  const honest = updates - malicious;
  return normalQuantile((honest - needed) / honest);
}

const alie = (source: string, deviations: (sight: Sight) => number): Attack => ({
  source,
  make: (sight) => {
    const mean = meanOf(sight.honest);
    const spread = spreadOf(sight.honest, mean);
    const z = deviations(sight);
    return same(
      Float32Array.from(mean, (value, i) => value + z * (spread[i] ?? 0)),
      sight,
    );
  },
});

export const alieOfPaper = alie('Baruch et al. 2019, algorithm 3', (sight) => -paperZ(sight));
export const alieOfByzfl = alie('Baruch et al. 2019; byzfl ALittleIsEnough(1.5)', () => 1.5);
