// Inner product manipulation: −τ times the honest mean (Xie et al. 2020, section 4).
import { same, type Attack } from './attack.ts';
import { meanOf, scaled } from './vectors.ts';

const ipm = (tau: number, source: string): Attack => ({
  source,
  make: (sight) => same(scaled(meanOf(sight.honest), -tau), sight),
});

/** Long enough to turn the mean of many: byzfl's factor. */
export const ipmFar = ipm(2, 'Xie et al. 2020; byzfl InnerProductManipulation(2)');
/** Short enough to lie near the honest ones: the paper's, against rules that choose by distance. */
export const ipmNear = ipm(0.1, 'Xie et al. 2020, section 5, ε = 0.1');
