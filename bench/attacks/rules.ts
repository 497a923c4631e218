// The rules of the bench, by name, with the options that a share of malicious agents asks for.
import type { RuleTerms } from '@muster/protocol';

export interface BenchRule {
  /** @param percent share of malicious agents that the job's terms count with */
  readonly terms: (percent: number) => RuleTerms;
  /** Whether it needs a root update. */
  readonly rooted?: boolean;
}

const robust = (name: string, options: Readonly<Record<string, unknown>> = {}): BenchRule => ({
  terms: (percent) => ({ name, options: { maliciousPercent: percent, ...options } }),
});
const nnm = { before: ['nnm'] };

export const rules: Readonly<Record<string, BenchRule>> = {
  'fed-avg': { terms: () => ({ name: 'fed-avg', options: {} }) },
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
  fltrust: { ...robust('fltrust'), rooted: true },
};
