// A rule over rows of numbers, as tests write them.

import { createAggregator, needsRoot, type AggregatorOptions } from '@muster/protocol';

export const FORMAT = { fractionBits: 16, magnitudeBits: 28 };

export type Options = Readonly<Record<string, unknown>>;

/** The aggregate change of rows of numbers, each by an agent that is named by its place, given in some order. */
export function aggregate(
  name: string,
  options: Options,
  rows: readonly (readonly number[])[],
  surroundings: Partial<AggregatorOptions> & { readonly order?: readonly number[] } = {},
): number[] {
  const parameters = rows[0]?.length ?? 0;
  const changeOf = (i: number): Int32Array => Int32Array.from(rows[i] ?? [], (value) => Math.round(value * 65536));
  // where a rule asks for a root update and the test gives none, the first row is it
  const root = needsRoot({ name, options }) ? changeOf(0) : undefined;
  const given = { parameters, fixedPoint: FORMAT, root, ...surroundings };
  const aggregator = createAggregator({ name, options }, given);
  for (const i of surroundings.order ?? rows.keys()) {
    aggregator.add({ by: `agent-${String(i).padStart(3, '0')}`, examples: 1 + i, change: changeOf(i) });
  }
  return [...aggregator.finish(new Float32Array(parameters))];
}

export const scalars = (...values: number[]): number[][] => values.map((value) => [value]);

/** Seeded rows between -1/2 and 1/2, every seventh a hundred times as long. */
export function drawn(n: number, parameters: number, seed: number): number[][] {
  let state = seed;
  const next = (): number => (state = (state * 48271) % 2147483647) / 2147483647 - 0.5;
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: parameters }, () => next() * (i % 7 === 6 ? 100 : 1)),
  );
}
