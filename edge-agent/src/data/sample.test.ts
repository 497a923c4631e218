// A sample: the same of the same labels, in the source's order, and never more than there is.

import { expect, test } from '@jest/globals';
import { memorySource } from './memory-source.ts';
import { sampleOf } from './sample.ts';
import { range } from './source.ts';

const SOURCE = memorySource({
  shape: [1],
  dtype: 'float32',
  target: { kind: 'class', classes: 100 },
  examples: 100,
  features: Float32Array.from({ length: 100 }, (_, i) => i),
  targets: range(0, 100),
});

async function drawn(examples: number, ...labels: (string | number)[]): Promise<number[]> {
  const sample = sampleOf(SOURCE, { examples, labels });
  const { targets, features } = await sample.read(range(0, sample.examples));
  expect([...features].map(Number)).toEqual([...targets]);
  expect(await sample.leaves(0, sample.examples)).toEqual(
    await Promise.all([...targets].map(async (index) => (await SOURCE.leaves(index, index + 1))[0])),
  );
  await sample.close();
  return [...targets];
}

test('a sample is a function of its labels, and has each example once', async () => {
  const first = await drawn(10, 'round', 1);
  expect(await drawn(10, 'round', 1)).toEqual(first);
  expect(await drawn(10, 'round', 2)).not.toEqual(first);
  expect(new Set(first).size).toBe(10);
  expect(first).toEqual(first.toSorted((a, b) => a - b));
});

test('a sample of more examples than there are is all of them', async () => {
  expect(await drawn(1000, 'round')).toEqual([...range(0, 100)]);
});
