// A sample of a data set: some of its examples, drawn in a seeded order, as a source of their own.

import { seededRandom } from '../train/random.ts';
import { range, type ExampleSource } from './source.ts';

/** The first `examples` in an order that the labels draw, or all where there are fewer. */
export interface Sample {
  readonly examples: number;
  /** the same labels draw the same examples */
  readonly labels: readonly (string | number)[];
}

/** The sample of a source, which must stay open while it is read. */
export function sampleOf(source: ExampleSource, { examples, labels }: Sample): ExampleSource {
  const order = seededRandom(...labels).shuffle(range(0, source.examples));
  // in the order of the source, which files are read in fastest
  const drawn = order.slice(0, examples).sort();
  const { shape, dtype, target } = source;
  return {
    ...{ shape, dtype, target, examples: drawn.length },
    read: (indices) => source.read(indices.map((index) => drawn[index] ?? source.examples)),
    async leaves(from, to) {
      const leaves = Array.from(drawn.subarray(from, to), (index) => source.leaves(index, index + 1));
      return (await Promise.all(leaves)).flat();
    },
    // the source belongs to whoever opened it
    close: () => Promise.resolve(),
  };
}
