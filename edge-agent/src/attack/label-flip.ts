// Label flip: malicious agents train honestly on labels c − 1 − y (Fang et al. 2020, section 5.1; byzfl's LabelFlipping).
import type { DataSet } from '../data/index.ts';
import type { Attack } from './attack.ts';

/** @throws TypeError where targets are not classes */
export function flipLabels(data: DataSet): DataSet {
  const { target, targets } = data;
  if (target.kind !== 'class') throw new TypeError('only classes can be flipped');
  return { ...data, targets: Int32Array.from(targets, (label) => target.classes - 1 - label) };
}

export const labelFlip: Attack = {
  source: 'Fang et al. 2020, section 5.1',
  trains: true,
  poison: flipLabels,
  make: ({ own }) => own,
};
