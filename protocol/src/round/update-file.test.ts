// Update artefacts: what an agent writes, a validator reads, and everything else it refuses.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { decodeTensors, encodeTensors, type Tensor } from '../bytes/safetensors.ts';
import { concatenate, countValues, decodeParameters, decodeUpdate, encodeModel, encodeUpdate } from './update-file.ts';

const FORMAT = { fractionBits: 16, magnitudeBits: 20 };
const tensors = (weight: number[], bias: number[]): Tensor<Float32Array>[] => [
  { name: 'weight', shape: [2, 1], data: Float32Array.from(weight) },
  { name: 'bias', shape: [1], data: Float32Array.from(bias) },
];
const BASE = tensors([1, 2], [3]);
const change = (name: string, shape: number[], ...values: number[]): Tensor => ({
  name,
  shape,
  data: Int32Array.from(values),
});

describe('an update file', () => {
  test('holds the change in fixed point, in the order of the model', () => {
    const bytes = encodeUpdate(tensors([1.5, 2], [2]), BASE, FORMAT);
    expect(decodeTensors(bytes).map(({ name, data }) => [name, data instanceof Int32Array])).toEqual([
      ['weight', true],
      ['bias', true],
    ]);
    expect([...decodeUpdate(bytes, BASE, FORMAT)]).toEqual([32768, 0, -65536]);
  });

  test('is read wherever in a buffer it lies', () => {
    const bytes = encodeUpdate(tensors([1.5, 2], [2]), BASE, FORMAT);
    for (const offset of [0, 1, 4]) {
      const inside = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
      inside.set(bytes);
      expect([...decodeUpdate(inside, BASE, FORMAT)]).toEqual([32768, 0, -65536]);
    }
  });

  test('of a model without parameters holds nothing', () => {
    expect(decodeUpdate(encodeTensors([]), [], FORMAT)).toHaveLength(0);
  });

  const bias = change('bias', [1], 0);
  const cases: [string, string, Tensor[]][] = [
    ['too few tensors', 'ERR_UPDATE_LAYOUT', [change('weight', [2, 1], 0, 0)]],
    ['another name', 'ERR_UPDATE_LAYOUT', [change('height', [2, 1], 0, 0), bias]],
    ['another order', 'ERR_UPDATE_LAYOUT', [bias, change('weight', [2, 1], 0, 0)]],
    ['another shape', 'ERR_UPDATE_LAYOUT', [change('weight', [1, 2], 0, 0), bias]],
    ['floating point', 'ERR_UPDATE_LAYOUT', tensors([0, 0], [0])],
    ['a change beyond the job’s range', 'ERR_UPDATE_RANGE', [change('weight', [2, 1], 0, 2 ** 20), bias]],
  ];
  test.each(cases)('with %s is refused with %s', (_title, code, list) => {
    expect(refusal(() => decodeUpdate(encodeTensors(list), BASE, FORMAT)).code).toBe(code);
  });

  test('that is no safetensors is refused', () => {
    expect(refusal(() => decodeUpdate(new Uint8Array(9), BASE, FORMAT)).code).toBe('ERR_TENSORS_MALFORMED');
  });

  test('is not made of parameters that do not fit, or that diverged', () => {
    expect(refusal(() => encodeUpdate(tensors([1], [3]).slice(0, 1), BASE, FORMAT)).code).toBe('ERR_UPDATE_LAYOUT');
    expect(refusal(() => encodeUpdate(tensors([NaN, 0], [3]), BASE, FORMAT)).code).toBe('ERR_UPDATE_RANGE');
  });
});

describe('a model file', () => {
  test('is cut as the base model is, and read back', () => {
    const bytes = encodeModel(Float32Array.of(4, 5, 6), BASE);
    expect(decodeParameters(bytes)).toEqual(tensors([4, 5], [6]));
    expect(countValues(BASE)).toBe(3);
    expect(concatenate(BASE, new Float32Array(3))).toEqual(Float32Array.of(1, 2, 3));
  });

  test('of integers is refused', () => {
    const bytes = encodeTensors([change('weight', [1], 1)]);
    expect(refusal(() => decodeParameters(bytes)).code).toBe('ERR_UPDATE_LAYOUT');
  });
});
