// Carry artefacts: what a rule hands on, cut as the model is.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../test/support/refusal.ts';
import { decodeTensors, encodeTensors } from '../bytes/safetensors.ts';
import { decodeCarry, encodeCarry } from './carry-file.ts';

const TRAINED = [
  { name: 'weight', shape: [2, 1], data: Float32Array.of(1, 2) },
  { name: 'bias', shape: [1], data: Float32Array.of(3) },
];
const NAMES = ['momentum', 'square'];
const VALUES = [Float32Array.of(4, 5, 6), Float32Array.of(7, 8, 9)];
const bytes = encodeCarry(NAMES, VALUES, TRAINED);

describe('a carry file', () => {
  test('holds each thing carried, one after the other, with the shapes of the trained tensors', () => {
    expect(decodeTensors(bytes).map(({ name, shape, data }) => [name, shape, [...data]])).toEqual([
      ['momentum/weight', [2, 1], [4, 5]],
      ['momentum/bias', [1], [6]],
      ['square/weight', [2, 1], [7, 8]],
      ['square/bias', [1], [9]],
    ]);
    expect(decodeCarry(bytes, NAMES, TRAINED)).toEqual(VALUES);
  });

  test.each([
    ['of another rule', ['momentum'], TRAINED],
    ['in another order', ['square', 'momentum'], TRAINED],
    ['of another model', NAMES, TRAINED.slice(1)],
    ['of another shape', NAMES, [{ ...TRAINED[0]!, shape: [1, 2] }, TRAINED[1]!]],
  ])('%s is refused', (_title, names, trained) => {
    expect(refusal(() => decodeCarry(bytes, names, trained))).toMatchObject({ code: 'ERR_UPDATE_LAYOUT' });
  });

  test('of integers, or of no tensors at all, is refused', () => {
    const integers = encodeTensors([{ name: 'momentum/weight', shape: [1], data: Int32Array.of(1) }]);
    expect(refusal(() => decodeCarry(integers, NAMES, TRAINED)).code).toBe('ERR_UPDATE_LAYOUT');
    expect(refusal(() => decodeCarry(new Uint8Array(9), NAMES, TRAINED)).code).toBe('ERR_TENSORS_MALFORMED');
  });
});
