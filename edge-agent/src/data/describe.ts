// What an agent would train on: layout, count and root of a data set.
import { openSource, type DataOrigin } from './origin.ts';
import { dataSetRoot } from './root.ts';
import type { ExampleLayout } from './source.ts';

export interface DataSummary extends ExampleLayout {
  /** RFC 6962 root over all examples, as updates state it. */
  readonly root: string;
}

/**
 * Reads through a data set once.
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function describeData(origin: DataOrigin): Promise<DataSummary> {
  const source = await openSource(origin);
  try {
    const { shape, dtype, target, examples } = source;
    return { shape, dtype, target, examples, root: await dataSetRoot(source) };
  } finally {
    await source.close();
  }
}
