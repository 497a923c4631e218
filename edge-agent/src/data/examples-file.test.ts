// Examples as an artefact: what was read comes back with the same layout, and what does not fit it is refused.

import { decodeTensors, encodeTensors, layoutSchema, type RootLayout } from '@muster/protocol';
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { decodeExamples, encodeExamples } from './examples-file.ts';
import type { DataSet } from './memory-source.ts';
import { inMemory, type DataOrigin } from './origin.ts';

const LABELLED: DataSet = {
  ...{ shape: [2], dtype: 'float32', examples: 3, target: { kind: 'class', classes: 4 } },
  features: Float32Array.of(1, 2, 3, 4, 5, 6),
  targets: Int32Array.of(0, 3, 1),
};
const CODES: DataSet = {
  ...{ shape: [2], dtype: 'int64', examples: 2, target: { kind: 'class', classes: 9, positions: 2 } },
  features: BigInt64Array.of(1n, -2n, 3n, 8n),
  targets: Int32Array.of(1, 2, 3, 8),
};
const REGRESSED: DataSet = {
  ...{ shape: [1], dtype: 'int32', examples: 2, target: { kind: 'value', width: 2 } },
  features: Int32Array.of(7, -7),
  targets: Float32Array.of(0.5, 1, -1, 2),
};

const setOf = (origin: DataOrigin): DataSet => {
  if (origin.kind !== 'memory') throw new TypeError('not in memory');
  return origin.data;
};

test.each([
  ['images with labels', LABELLED],
  ['codes of 64 bits with a label at each position', CODES],
  ['integers with real targets', REGRESSED],
])('%s come back as they were, with a layout that terms take', async (_what, data) => {
  const { bytes, layout } = await encodeExamples(inMemory(data));
  expect(layoutSchema.parse(layout)).toEqual(layout);
  expect(setOf(decodeExamples(bytes, layout))).toEqual(data);
  expect((await encodeExamples(inMemory(data))).bytes).toEqual(bytes);
});

test('are two tensors, of integers or floats of 32 bits', async () => {
  const tensors = decodeTensors((await encodeExamples(inMemory(CODES))).bytes);
  expect(tensors).toEqual([
    { name: 'features', shape: [2, 2], data: Int32Array.of(1, -2, 3, 8) },
    { name: 'targets', shape: [2, 2], data: Int32Array.of(1, 2, 3, 8) },
  ]);
});

describe('what does not fit is refused', () => {
  const layout: RootLayout = { shape: [2], dtype: 'float32', examples: 3, target: { kind: 'class', classes: 4 } };
  const features = { name: 'features', shape: [3, 2], data: new Float32Array(6) };
  const targets = { name: 'targets', shape: [3], data: new Int32Array(3) };
  const decode = (tensors: Parameters<typeof encodeTensors>[0]): unknown =>
    refusal(() => decodeExamples(encodeTensors(tensors), layout));

  test.each([
    ['without targets', [features]],
    ['in another order', [targets, features]],
    ['of another count', [features, { ...targets, shape: [4], data: new Int32Array(4) }]],
    ['of another type', [{ ...features, data: new Int32Array(6) }, targets]],
    ['with targets of another type', [features, { ...targets, data: new Float32Array(3) }]],
  ])('%s', (_what, tensors) => {
    expect(decode(tensors)).toMatchObject({ code: 'ERR_DATA_MALFORMED' });
  });

  test('bytes that are no tensors', () => {
    const attempt = (): unknown => decodeExamples(new Uint8Array([1, 2, 3]), layout);
    expect(refusal(attempt)).toMatchObject({ code: 'ERR_TENSORS_MALFORMED' });
  });

  test('a code beyond 32 bits, and more than fits in root data', async () => {
    const large = { ...CODES, features: BigInt64Array.of(2n ** 31n, 0n, 0n, 0n) };
    await expect(encodeExamples(inMemory(large))).rejects.toMatchObject({ code: 'ERR_DATA_MALFORMED' });
    const size = 2 ** 24;
    const data = {
      ...LABELLED,
      shape: [size],
      examples: 1,
      features: new Float32Array(size),
      targets: Int32Array.of(0),
    };
    await expect(encodeExamples(inMemory(data))).rejects.toMatchObject({
      code: 'ERR_DATA_MALFORMED',
      details: { reason: `1 examples take ${4 * size + 4} bytes, the limit is ${2 ** 26}` },
    });
  });
});
