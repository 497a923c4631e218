// Writes digests.json: node test/vectors/aggregate/generate.ts. By the kernels in ECMAScript, which are the reference.

import { writeFile } from 'node:fs/promises';
import { aggregateDigest, digestInputs, digestTitle } from '../../support/aggregate-digests.ts';

const vectors = digestInputs().map((input) => ({
  title: digestTitle(input),
  source: 'generate.ts beside it',
  input,
  expect: aggregateDigest(input, { kernels: 'plain' }),
}));
await writeFile(new URL('digests.json', import.meta.url), `${JSON.stringify(vectors, undefined, 1)}\n`);
