// Sign flip: the honest mean, turned round (Allen-Zhu et al. 2020; byzfl's SignFlipping).
import { same, type Attack } from './attack.ts';
import { meanOf, scaled } from './vectors.ts';

export const signFlip: Attack = {
  source: 'Allen-Zhu et al. 2020; byzfl SignFlipping',
  make: (sight) => same(scaled(meanOf(sight.honest), -1), sight),
};
