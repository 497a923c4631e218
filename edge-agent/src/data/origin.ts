// Where a data set comes from, in a form that can be sent to a thread: whoever trains opens it there.
import { openIdxSource } from './idx-source.ts';
import { memorySource, type DataSet } from './memory-source.ts';
import type { ExampleSource } from './source.ts';
import type { DataFiles } from './write-subset.ts';

export type DataOrigin =
  { readonly kind: 'memory'; readonly data: DataSet } | { readonly kind: 'idx'; readonly files: DataFiles };

/** The origin of a data set that is in memory. */
export function inMemory(data: DataSet): DataOrigin {
  return { kind: 'memory', data };
}

/**
 * Opens a data set and closes it again: what is wrong with it is better told at the start.
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function checkOpens(origin: DataOrigin): Promise<void> {
  await (await openSource(origin)).close();
}

/**
 * Opens a data set.
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function openSource(origin: DataOrigin): Promise<ExampleSource> {
  switch (origin.kind) {
    case 'memory':
      return memorySource(origin.data);
    case 'idx':
      return openIdxSource(origin.files);
  }
}
