// Every format against files that Python's tools wrote: same values, same root, in any order; and what is refused.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readVectors, vectorPath, type Vector } from '../../../test/support/vectors.ts';
import { describeData } from './describe.ts';
import { descriptionSchema, type DataDescription } from './description.ts';
import { openSource, type DataOrigin } from './origin.ts';
import { copyRow, elementsOf, emptyExamples, range, widthOf, type ExampleLayout } from './source.ts';

interface Expected extends ExampleLayout {
  readonly features: readonly number[];
  readonly targets: readonly number[];
  readonly root?: string;
}
type Case = Vector<unknown, Expected> & { readonly tolerance: number };

const cases = readVectors<unknown, Expected>('data', 'cases') as Case[];
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'muster-data-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const originOf = (input: unknown): DataOrigin => {
  const description: DataDescription = descriptionSchema.parse(input);
  return { kind: 'described', description, folder: vectorPath('data'), scratch };
};

const numbers = (values: ArrayLike<number | bigint>): number[] => Array.from(values, Number);

describe.each(cases)('$title', ({ input, tolerance, expect: expected }) => {
  test('is read as it was written', async () => {
    const { features, targets, root, ...layout } = expected!;
    const source = await openSource(originOf(input));
    const { shape, dtype, target, examples } = source;
    expect({ shape, dtype, target, examples }).toEqual(layout);
    const read = await source.read(range(0, examples));
    expect(numbers(read.targets)).toEqual(targets);
    if (tolerance === 0) expect(numbers(read.features)).toEqual(features);
    expect(read.features).toHaveLength(features.length);
    const distances = numbers(read.features).map((value, i) => Math.abs(value - features[i]!));
    expect(Math.max(...distances)).toBeLessThanOrEqual(tolerance);
    await source.close();
    if (root !== undefined) expect(await describeData(originOf(input))).toEqual({ ...layout, root });
  });

  test('gives the same examples in any order and number', async () => {
    const source = await openSource(originOf(input));
    const whole = await source.read(range(0, source.examples));
    const index = fc.integer({ min: 0, max: source.examples - 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(index, { maxLength: 12 }), async (wanted) => {
        const picked = emptyExamples(source, wanted.length);
        wanted.forEach((from, to) => {
          copyRow(whole.features, from, picked.features, to, elementsOf(source));
          copyRow(whole.targets, from, picked.targets, to, widthOf(source.target));
        });
        expect(await source.read(Int32Array.from(wanted))).toEqual(picked);
      }),
      { numRuns: 20 },
    );
    await expect(source.read(Int32Array.of(source.examples))).rejects.toThrow(TypeError);
    await source.close();
  });
});

test('no scratch file is left, not even while one is in use', async () => {
  const source = await openSource(originOf(cases.find(({ title }) => title.startsWith('CSV'))!.input));
  expect(await readdir(scratch)).toEqual([]);
  await source.close();
});
