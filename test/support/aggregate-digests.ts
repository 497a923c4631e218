// The digest of every rule's model on seeded updates, alone and after each of what may come before it: the cases of
// test/vectors/aggregate/digests.json. Nothing here depends on the machine.

import { createAggregator, digestOf, OFFERED_RULES, type AggregatorOptions } from '@muster/protocol';

export interface DigestInput {
  readonly rule: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly updates: number;
  readonly parameters: number;
  readonly seed: number;
}

const UPDATES = 11;
const PARAMETERS = 1237;
const FORMAT = { fractionBits: 20, magnitudeBits: 28 };

/** What is aggregated: each rule alone, and those that see all updates after nnm, bucketing, arc and all three. */
export function digestInputs(): DigestInput[] {
  const common = { updates: UPDATES, parameters: PARAMETERS, seed: 1 };
  return OFFERED_RULES.flatMap((rule): DigestInput[] => {
    if (rule === 'fed-avg' || rule === 'fed-prox') return [{ ...common, rule, options: {} }];
    const alone = { ...common, rule, options: { maliciousPercent: 9 } };
    const before = [['nnm'], ['arc'], ['bucketing'], ['arc', 'nnm', 'bucketing']].map((names) => ({
      ...common,
      rule,
      // of six buckets as many may be spoilt as updates are malicious, which krum and bulyan then refuse
      options: { maliciousPercent: names.includes('bucketing') ? 0 : 9, before: names },
    }));
    return [alone, ...before];
  });
}

/** Whole numbers below 2^31 by Lehmer's generator: products stay below 2^53. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647);
}

/**
 * The digest of the model's bytes.
 * @param order in which updates arrive; by name where it is not given
 */
export function aggregateDigest(
  { rule, options, updates, parameters, seed }: DigestInput,
  surroundings: Partial<AggregatorOptions> = {},
  order: readonly number[] = [...new Array(updates).keys()],
): string {
  const next = generator(seed);
  const base = Float32Array.from({ length: parameters }, () => next() / 2 ** 31 - 0.5);
  const changes = Array.from({ length: updates }, (_, i) => {
    // every fifth is sixteen times as large
    const range = i % 5 === 4 ? 2 ** 25 : 2 ** 21;
    return Int32Array.from({ length: parameters }, () => (next() % range) - range / 2);
  });
  const terms = { name: rule, options: { ...options } };
  const aggregator = createAggregator(terms, { parameters, fixedPoint: FORMAT, draws: '1:1', ...surroundings });
  for (const i of order) {
    aggregator.add({
      by: `army/agent-${String(i).padStart(2, '0')}`,
      examples: 100 + i,
      change: changes[i] as Int32Array,
    });
  }
  const model = aggregator.finish(base);
  // little-endian, as every machine is that Node runs on
  return digestOf(new Uint8Array(model.buffer));
}
