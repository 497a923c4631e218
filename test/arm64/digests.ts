// What the other processor runs: the digests of every rule by both kernels. Prints one line of JSON.

import { aggregateDigest, digestInputs } from '../support/aggregate-digests.ts';

const digests = (['simd', 'plain'] as const).map((kernels) =>
  digestInputs().map((input) => aggregateDigest(input, { kernels })),
);
console.log(JSON.stringify({ architecture: process.arch, node: process.version, digests }));
