// A source whose leaves are the values that the model takes: every format but plain IDX.
import { valueLeaves } from './leaves.ts';
import { checkIndices, emptyExamples, range, type ExampleLayout, type Examples, type ExampleSource } from './source.ts';

export interface ValueReader {
  /** Fills room for as many examples as there are indices. */
  fill(indices: Int32Array, into: Examples): Promise<void>;
  close(): Promise<void>;
}

export function valueSource(layout: ExampleLayout, reader: ValueReader): ExampleSource {
  const read = async (indices: Int32Array): Promise<Examples> => {
    checkIndices(indices, layout.examples);
    const examples = emptyExamples(layout, indices.length);
    await reader.fill(indices, examples);
    return examples;
  };
  return {
    ...layout,
    read,
    leaves: async (from, to) => valueLeaves(layout, await read(range(from, to))),
    close: () => reader.close(),
  };
}
