// Label flip: malicious agents train honestly on labels c − 1 − y (Fang et al. 2020, section 5.1; byzfl's LabelFlipping).
import { flipLabels } from '../../edge-agent/src/attack/index.ts';
import type { Attack } from './attack.ts';

export const labelFlip: Attack = {
  source: 'Fang et al. 2020, section 5.1',
  trains: true,
  poison: flipLabels,
  make: ({ own }) => own,
};
