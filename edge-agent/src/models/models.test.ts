// Muster's own models: sizes, seeded bytes, and that they run.
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { openSession, tensor } from '../train/session.ts';
import { cnn, initialParameters, lstm, mlp } from './index.ts';

const count = (model: Uint8Array): number => initialParameters(model).reduce((sum, { data }) => sum + data.length, 0);
const SIZES = [784, 200, 200, 10];

describe('models', () => {
  test("have as many parameters as the FedAvg paper's 2NN and CNN", () => {
    // source: McMahan et al. 2017, section 3: 199,210 and 1,663,370 parameters
    expect(count(mlp({ sizes: SIZES, seed: 1 }))).toBe(199_210);
    expect(count(cnn({ seed: 1 }))).toBe(1_663_370);
  });

  test('are the same bytes for the same seed, others for another', () => {
    expect(digestOf(mlp({ sizes: SIZES, seed: 2 }))).not.toBe(digestOf(mlp({ sizes: SIZES, seed: 1 })));
    // Pinned: if these change, every job that names a model by seed changes.
    expect(digestOf(mlp({ sizes: SIZES, seed: 1 }))).toBe(
      'sha256:01bea47f4c698730ad4339bac0a5654847f1ac0fcf8cc739b48188278589cadf',
    );
    expect(digestOf(cnn({ seed: 1 }))).toBe('sha256:5506b25b969dc26994fc69c73ed68518290795bbade6e0cfb75607af507f8776');
  });

  test.each([
    ['mlp', mlp({ sizes: SIZES, seed: 1 })],
    ['cnn', cnn({ seed: 1 })],
  ])('%s takes any batch of 28 by 28 images and gives ten scores', async (_name, model) => {
    const session = await openSession(model);
    for (const batch of [1, 3]) {
      const outputs = await session.run({ input: tensor(new Float32Array(batch * 784).fill(0.5), [batch, 1, 28, 28]) });
      expect(outputs.logits!.dims).toEqual([batch, 10]);
      expect((outputs.logits!.data as Float32Array).every((score) => Math.abs(score) < 10)).toBe(true);
    }
    await session.release();
  });

  test('the lstm takes windows of codes, and the order of characters counts', async () => {
    const model = lstm({ symbols: 80, window: 20, width: 8, hidden: 128, seed: 1 });
    expect(count(model)).toBe(80 * 8 + 4 * 128 * (8 + 128 + 2) + 128 * 80 + 80);
    const session = await openSession(model);
    const codes = Array.from({ length: 20 }, (_, index) => BigInt(index));
    const input = tensor(BigInt64Array.from([...codes, ...codes.toReversed()]), [2, 20]);
    const { logits } = await session.run({ input });
    expect(logits!.dims).toEqual([2, 80]);
    const scores = logits!.data as Float32Array;
    expect(scores.subarray(0, 80)).not.toEqual(scores.subarray(80));
    await session.release();
  });

  test('start with weights spread evenly over ±sqrt(6 / inputs), as He et al. 2015 have it', () => {
    const [weight, bias] = initialParameters(mlp({ sizes: SIZES, seed: 3 }));
    const bound = Math.sqrt(6 / 784);
    const squares = weight!.data.reduce((sum, value) => sum + value * value, 0) / weight!.data.length;
    expect(weight!.data.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0)).toBeLessThanOrEqual(
      Math.fround(bound),
    );
    expect(squares / (bound * bound)).toBeCloseTo(1 / 3, 2);
    expect(bias!.data.every((value) => value === 0)).toBe(true);
  });

  test('an mlp may take a plain vector', () => {
    expect(count(mlp({ sizes: [5, 3], seed: 1 }))).toBe(18);
    expect(() => mlp({ sizes: [5], seed: 1 })).toThrow(TypeError);
  });
});
