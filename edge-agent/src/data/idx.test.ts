// IDX files: round trips, refusals, and MNIST itself.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refusal } from '../../../test/support/refusal.ts';
import { dataSetOf, labelledImages } from './labelled-images.ts';
import { decodeIdx, encodeIdx } from './idx.ts';
import { readMnist } from './mnist.ts';

const image = encodeIdx({ shape: [2, 2, 2], data: Uint8Array.of(0, 51, 102, 153, 204, 255, 1, 2) });

describe('IDX', () => {
  test('what is written is read', () => {
    const shape = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shape, (dimensions) => {
        const size = dimensions.reduce((product, each) => product * each, 1);
        const data = Uint8Array.from({ length: size }, (_, index) => index % 256);
        expect(decodeIdx(encodeIdx({ shape: dimensions, data }))).toEqual({ shape: dimensions, data });
      }),
    );
  });

  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'x: is truncated within its header'],
    ['another magic number', Uint8Array.of(31, 139, 8, 1, 0, 0, 0, 0), 'x: does not start with the IDX magic number'],
    [
      'other element types',
      Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0),
      'x: holds element type 0xd, only unsigned bytes are read',
    ],
    ['a scalar', Uint8Array.of(0, 0, 8, 0), 'x: is truncated within its header'],
    ['half a header', Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1), 'x: is truncated within its header'],
    ['truncated data', image.subarray(0, -1), 'x: is truncated: its header promises 8 bytes of data, it holds 7'],
    [
      'data beyond its end',
      Uint8Array.from([...image, 0]),
      'x: is too long: its header promises 8 bytes of data, it holds 9',
    ],
    [
      'absurd dimensions',
      Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255),
      'x: is truncated: its header promises 18446744065119617000 bytes of data, it holds 0',
    ],
  ])('refuses %s', (_what, bytes, reason) => {
    const { code, details } = refusal(() => decodeIdx(bytes, 'x'));
    expect({ code, details }).toEqual({ code: 'ERR_DATA_MALFORMED', details: { reason } });
  });

  test('is not written with a shape that does not fit', () => {
    expect(() => encodeIdx({ shape: [3], data: new Uint8Array(2) })).toThrow(TypeError);
  });
});

describe('a data set', () => {
  const labels = (...values: number[]): ReturnType<typeof decodeIdx> => ({
    shape: [values.length],
    data: Uint8Array.from(values),
  });

  test('has pixels within 0 and 1, in the order asked for', () => {
    const { features, ...rest } = dataSetOf(labelledImages(decodeIdx(image), labels(1, 3)), [1, 0]);
    expect(rest).toEqual({
      shape: [1, 2, 2],
      dtype: 'float32',
      target: { kind: 'class', classes: 4 },
      examples: 2,
      targets: Int32Array.of(3, 1),
    });
    const expected = [204, 255, 1, 2, 0, 51, 102, 153].map((value) => Math.fround(value / 255));
    expect([...features]).toEqual(expected);
  });

  test('has no examples that its images do not have', () => {
    expect(() => dataSetOf(labelledImages(decodeIdx(image), labels(1, 3)), [-1])).toThrow(TypeError);
  });

  test('needs as many labels as images, at least one', () => {
    const images = decodeIdx(image);
    const none = { shape: [0, 2, 2], data: new Uint8Array() };
    for (const act of [
      () => labelledImages(images, labels(1)),
      () => labelledImages(none, labels()),
      () => labelledImages(labels(1), labels(1)),
      () => labelledImages(images, images),
    ]) {
      expect(refusal(act).code).toBe('ERR_DATA_MALFORMED');
    }
  });
});

describe('MNIST', () => {
  test('is there in full', async () => {
    const [train, held] = await Promise.all([readMnist('train'), readMnist('test')]);
    expect(train.images.shape).toEqual([60_000, 28, 28]);
    expect(held.images.shape).toEqual([10_000, 28, 28]);
    expect([...train.labels.data.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    // source: the mean of all training pixels that is commonly used for normalisation, 0.1307
    let sum = 0;
    for (const value of train.images.data) sum += value;
    expect(sum / train.images.data.length / 255).toBeCloseTo(0.1307, 4);
  });
});
