// Root data: the examples that validators train on, put into a store by whoever proposes the job. The terms say how they are laid out,
// so that the bytes need no more than their numbers.

import { z } from 'zod';

/** They are fetched and held by every organisation; a root data set is small (Cao et al. 2021 use 100 examples). */
export const ROOT_BYTES_MAX = 2 ** 26;

const dimension = z.int().min(1).max(1_000_000_000);
const width = z.int().min(1).max(65_536);

/** Shapes and types of examples, as data sources tell them. */
export const layoutSchema = z.strictObject({
  /** of one example */
  shape: z.array(dimension).min(1).max(8),
  dtype: z.enum(['float32', 'int32', 'int64']),
  target: z.discriminatedUnion('kind', [
    /** one of so many classes, at each of so many positions where there are any */
    z.strictObject({ kind: z.literal('class'), classes: width, positions: dimension.optional() }),
    z.strictObject({ kind: z.enum(['binary', 'value']), width }),
  ]),
  examples: z.int().min(1).max(1_000_000),
});
export type RootLayout = z.infer<typeof layoutSchema>;
