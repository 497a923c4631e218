// The table of attacks, by name.
import { alieOfByzfl, alieOfPaper } from './alie.ts';
import type { Attack } from './attack.ts';
import { backdoor, scaling } from './backdoor.ts';
import { copies, noise, zeros } from './free-rider.ts';
import { gaussian } from './gaussian.ts';
import { ipmFar, ipmNear } from './ipm.ts';
import { krumTargeted } from './krum-targeted.ts';
import { labelFlip } from './label-flip.ts';
import { mimic } from './mimic.ts';
import { signFlip } from './sign-flip.ts';
import { trimTargeted } from './trim-targeted.ts';

export const attacks: Readonly<Record<string, Attack>> = {
  'label-flip': labelFlip,
  'sign-flip': signFlip,
  gaussian,
  ipm: ipmFar,
  'ipm-near': ipmNear,
  alie: alieOfPaper,
  'alie-byzfl': alieOfByzfl,
  'krum-targeted': krumTargeted,
  'trim-targeted': trimTargeted,
  mimic,
  copy: copies,
  noise,
  zeros,
  backdoor,
  scaling,
};
