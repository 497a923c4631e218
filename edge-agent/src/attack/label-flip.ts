// Label flip: class y is taught as the last class less y (Fang et al. 2020, section 5.1). For tests, benches and demonstrations.
import type { DataSet } from '../data/index.ts';

/** @throws TypeError where targets are not classes */
export function flipLabels(data: DataSet): DataSet {
  const { target, targets } = data;
  if (target.kind !== 'class') throw new TypeError('only classes can be flipped');
  return { ...data, targets: Int32Array.from(targets, (label) => target.classes - 1 - label) };
}
