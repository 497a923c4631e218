// The rules of the bench, by name, with the options that a share of malicious agents asks for.
import type { RuleTerms } from '@muster/protocol';

/** @param percent share of malicious agents that the job's terms count with */
export type BenchRule = (percent: number) => RuleTerms;

const robust =
  (name: string, options: Readonly<Record<string, unknown>> = {}): BenchRule =>
  (percent) => ({ name, options: { maliciousPercent: percent, ...options } });
/** A server optimiser along another rule. */
const along =
  (name: string, of: BenchRule, options: Readonly<Record<string, unknown>> = {}): BenchRule =>
  (percent) => ({ name, options: { ...options, of: of(percent) } });
const nnm = { before: ['nnm'] };

export const rules: Readonly<Record<string, BenchRule>> = {
  'fed-avg': () => ({ name: 'fed-avg', options: {} }),
  'norm-clipping': robust('norm-clipping'),
  // as long as honest changes are on MNIST: the default of 100 cuts nothing here
  'centred-clipping': robust('centred-clipping', { tau: 1, iterations: 3 }),
  'geometric-median': robust('geometric-median'),
  median: robust('median'),
  'trimmed-mean': robust('trimmed-mean'),
  meamed: robust('meamed'),
  krum: robust('krum'),
  'multi-krum': robust('multi-krum'),
  mda: robust('mda'),
  bulyan: robust('bulyan'),
  'nnm + median': robust('median', nnm),
  'nnm + trimmed-mean': robust('trimmed-mean', nnm),
  'nnm + multi-krum': robust('multi-krum', nnm),
  'nnm + geometric-median': robust('geometric-median', nnm),
  'arc + trimmed-mean': robust('trimmed-mean', { before: ['arc'] }),
  'bucketing + geometric-median': robust('geometric-median', { before: ['bucketing'] }),
  'fed-avg-m + nnm + trimmed-mean': along('fed-avg-m', robust('trimmed-mean', nnm)),
  fltrust: robust('fltrust'),
  // shorter steps along a short memory: what leads one round astray counts for little
  'fed-avg-m + fltrust': along('fed-avg-m', robust('fltrust'), { lr: 0.4, beta1: 0.4 }),
  'nnm + fltrust': robust('fltrust', nnm),
  'arc + nnm + fltrust': robust('fltrust', { before: ['arc', 'nnm'] }),
};
