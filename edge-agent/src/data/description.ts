// The description of a data set: one JSON file that says where examples lie, in which format, and what is learnt of them.
import { z } from 'zod';

const path = z.string().min(1).max(4096);
const name = z.string().min(1).max(1000);
const names = z.array(name).min(1).max(65_536);
const dimension = z.int().min(1).max(1_000_000);
const number = z.number().min(-1e30).max(1e30);
const spread = z.number().min(1e-30).max(1e30);
const list = (each: z.ZodNumber): z.ZodArray<z.ZodNumber> => z.array(each).min(1).max(1_000_000);

/** (x - mean) / std: one number for all, one for each channel (the first dimension), or one for each element. */
const normalise = z.strictObject({
  mean: z.union([number, list(number)]).default(0),
  std: z.union([spread, list(spread)]).default(1),
});

const v = z.literal(1);
const shape = z.array(dimension).min(1).max(8);
const dtype = z.enum(['float32', 'int32', 'int64']).default('float32');
const classes = z.int().min(2).max(1_000_000);

/** What is done where a value is missing: `skip` leaves the whole row out. */
const missing = z.union([
  z.enum(['refuse', 'skip']),
  z.strictObject({ replace: z.union([number, z.string().max(1000)]) }),
]);

const column = z.union([
  name,
  z.strictObject({ column: name, kind: z.literal('number').default('number'), missing: missing.optional() }),
  z.strictObject({
    column: name,
    kind: z.literal('category'),
    /** The vocabulary: a value's place in it is its code. */
    values: names,
    encode: z.enum(['code', 'one-hot']).default('code'),
    missing: missing.optional(),
  }),
  /** Parquet only: a list of so many numbers. */
  z.strictObject({ column: name, kind: z.literal('list'), length: dimension }),
]);

const tabular = {
  v,
  path,
  /** `others`: all columns but the target's, as numbers, in the file's order. */
  features: z.union([z.literal('others'), z.array(column).min(1).max(65_536)]),
  target: z.union([
    z.strictObject({ kind: z.literal('class'), column: name, classes }),
    z.strictObject({ kind: z.literal('class'), column: name, values: names.min(2) }),
    z.strictObject({ kind: z.enum(['binary', 'value']), columns: names }),
  ]),
  missing: z.enum(['refuse', 'skip']).default('refuse'),
  /** Texts that mean that a value is missing, besides nothing at all. */
  missingTexts: z.array(z.string().max(100)).max(100).default([]),
  shape: shape.optional(),
  dtype,
  normalise: normalise.optional(),
};

const arrays = {
  v,
  target: z.union([
    z.strictObject({ kind: z.literal('class'), classes }),
    z.strictObject({ kind: z.enum(['binary', 'value']) }),
  ]),
  shape: shape.optional(),
  dtype,
  normalise: normalise.optional(),
};

const idx = z.strictObject({
  v,
  format: z.literal('idx'),
  images: path,
  labels: path,
  /** One more than the highest label by default. */
  classes: z.int().min(1).max(256).optional(),
  normalise: normalise.optional(),
});

const csv = z.strictObject({ ...tabular, format: z.literal('csv'), delimiter: z.string().length(1).default(',') });
const parquet = z.strictObject({ ...tabular, format: z.literal('parquet') });
const npy = z.strictObject({ ...arrays, format: z.literal('npy'), features: path, targets: path });
const npz = z.strictObject({ ...arrays, format: z.literal('npz'), path, features: name, targets: name });

const images = z.strictObject({
  v,
  format: z.literal('images'),
  /** A folder with a folder for each class. */
  path,
  channels: z.union([z.literal(1), z.literal(3)]),
  height: z.int().min(1).max(16_384),
  width: z.int().min(1).max(16_384),
  resize: z.enum(['refuse', 'nearest']).default('refuse'),
  /** The folders in the order of their classes; all folders, sorted, by default. Parties of one job must agree on it. */
  classes: names.optional(),
  normalise: normalise.optional(),
});

const text = z.strictObject({
  v,
  format: z.literal('text'),
  /** A file, or a folder of which all files are read in sorted order. */
  path,
  /** Each character once; a character's place in it is its code. */
  alphabet: z.string().min(2).max(65_536),
  /** Which character of the alphabet stands for all that are not in it; without, those are refused. */
  unknown: z.string().min(1).max(2).optional(),
  window: z.int().min(1).max(65_536),
  stride: z.int().min(1).max(65_536).default(1),
  encode: z.enum(['code', 'one-hot']).default('code'),
  /** Of codes. */
  dtype: z.enum(['int64', 'int32']).default('int64'),
});

const schema = z
  .discriminatedUnion('format', [idx, csv, parquet, npy, npz, images, text])
  .superRefine((description, context) => {
    if (!('normalise' in description) || description.normalise === undefined) return;
    if (!('dtype' in description) || description.dtype === 'float32') return;
    context.addIssue({ code: 'custom', path: ['normalise'], message: `only float32 is normalised` });
  });

export const descriptionSchema: z.ZodType<DataDescription> = schema;
export type DataDescription = z.infer<typeof schema>;
export type DescriptionOf<F extends DataDescription['format']> = Extract<DataDescription, { format: F }>;
export type Normalise = z.infer<typeof normalise>;
export type TabularDescription = DescriptionOf<'csv'> | DescriptionOf<'parquet'>;
export type ArraysDescription = DescriptionOf<'npy'> | DescriptionOf<'npz'>;
