// The digest of every rule's model on seeded updates, alone and after each of what may come before it: the cases of
// test/vectors/aggregate/digests.json. Nothing here depends on the machine.

import { carriedBy, createAggregator, digestOf, needsRoot, RULES, type AggregatorOptions } from '@muster/protocol';

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

/** What server optimisers step along, each once. */
const STEPPED: readonly (Readonly<Record<string, unknown>> | undefined)[] = [
  undefined,
  { name: 'median', options: { maliciousPercent: 9, before: ['nnm'] } },
  { name: 'centred-clipping', options: { maliciousPercent: 9, tau: 1 } },
  { name: 'fltrust', options: { maliciousPercent: 9 } },
];

/**
 * What is aggregated: each rule alone; those that see all updates after nnm, bucketing, arc and all three; server optimisers along
 * some of them. Of rules that carry something it is two rounds.
 */
export function digestInputs(): DigestInput[] {
  const common = { updates: UPDATES, parameters: PARAMETERS, seed: 1 };
  return RULES.flatMap((rule): DigestInput[] => {
    if (rule === 'fed-avg' || rule === 'fed-prox') return [{ ...common, rule, options: {} }];
    if (rule.startsWith('fed-') || rule === 'scaffold') {
      // of so many agents a part takes part
      const needed = rule === 'scaffold' ? { rate: 7.5, agents: UPDATES + 4 } : {};
      return STEPPED.map((of) => ({ ...common, rule, options: of === undefined ? needed : { ...needed, of } }));
    }
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

/** What a case is called. */
export function digestTitle({ rule, options }: DigestInput): string {
  const { before = [], of } = options as { readonly before?: string[]; readonly of?: { readonly name: string } };
  return [of === undefined ? rule : `${rule} along ${of.name}`, ...before].join(' after ');
}

/**
 * The digest of the model's bytes, and of the bytes of what the rule carries.
 * @param order in which updates arrive; by name where it is not given
 */
export function aggregateDigest(
  { rule, options, updates, parameters, seed }: DigestInput,
  surroundings: Partial<AggregatorOptions> = {},
  order: readonly number[] = [...new Array(updates).keys()],
): string {
  const next = generator(seed);
  let base: Float32Array = Float32Array.from({ length: parameters }, () => next() / 2 ** 31 - 0.5);
  let carry: readonly Float32Array[] = [];
  const terms = { name: rule, options: { ...options } };
  const rounds = carriedBy(terms).length === 0 ? 1 : 2;
  for (let round = 1; round <= rounds; round++) {
    const changes = Array.from({ length: updates }, (_, i) => {
      // every fifth is sixteen times as large
      const range = i % 5 === 4 ? 2 ** 25 : 2 ** 21;
      return Int32Array.from({ length: parameters }, () => (next() % range) - range / 2);
    });
    // near the first update, so that some are trusted more than others
    const root = needsRoot(terms) ? changes[0]?.map((value) => value + (next() % 2 ** 20)) : undefined;
    const draws = `1:${round}`;
    const given = { parameters, fixedPoint: FORMAT, draws, carry, root };
    const aggregator = createAggregator(terms, { ...given, ...surroundings });
    for (const i of order) {
      aggregator.add({
        by: `army/agent-${String(i).padStart(2, '0')}`,
        examples: 100 + i,
        change: changes[i] as Int32Array,
      });
    }
    base = aggregator.finish(base);
    ({ carry } = aggregator);
  }
  // little-endian, as every machine is that Node runs on
  return digestOf(Buffer.concat([base, ...carry].map(({ buffer }) => new Uint8Array(buffer))));
}
