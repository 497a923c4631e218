// BatchNormalization while training: padding leaves no trace, statistics are carried as PyTorch carries them.
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../../test/support/refusal.ts';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import {
  decodeModel,
  encodeModel,
  floats,
  GraphBuilder,
  initialParameters,
  runningStatistics,
} from '../graph/index.ts';
import { openSession, tensor, type SessionTensor } from '../session.ts';
import { STEP } from '../step-names.ts';
import { buildTrainStep } from '../train-step.ts';

/** Gemm, BatchNormalization, Tanh, Gemm on [batch, 2], as exported for training; `twice` uses the same statistics again. */
function model(twice = false): Uint8Array {
  const net = new GraphBuilder();
  const weight = (name: string, shape: number[], ...values: number[]): string => {
    net.initializers.set(name, floats(shape, values));
    return name;
  };
  const statistics = [weight('bn.mean', [2], 0.5, -0.5), weight('bn.variance', [2], 1, 2)];
  const normalise = (value: string): string => {
    const affine = [weight('bn.scale', [2], 1, 0.5), weight('bn.bias', [2], 0, 0.1)];
    const outputs = [net.fresh('bn'), net.fresh('bn'), net.fresh('bn')];
    const attributes = { training_mode: { kind: 'int', value: 1 }, momentum: { kind: 'float', value: 0.75 } } as const;
    const inputs = [value, ...affine, ...statistics];
    net.append({ name: 'bn', operator: 'BatchNormalization', inputs, outputs, attributes });
    return outputs[0] ?? '';
  };
  const first = normalise(net.op('Gemm', ['x', weight('w1', [2, 2], 1, 0.5, -0.5, 2)]));
  const hidden = net.op('Tanh', [twice ? normalise(first) : first]);
  const scores = net.op('Gemm', [hidden, weight('w2', [2, 2], 0.3, -0.3, 0.7, 0.2)]);
  const graph = {
    name: 'normalised',
    inputs: [{ name: 'x', dtype: 'float32' as const, shape: ['batch', 2] }],
    outputs: [{ name: scores, dtype: 'float32' as const, shape: ['batch', 2] }],
    initializers: net.initializers,
    nodes: net.nodes,
  };
  return encodeModel({ opset: 18, graph });
}

const EXAMPLES = [1, 2, 3, -4, -5, 6, 70, 80];

async function step(batchSize: number, weights: number[]): Promise<Record<string, Float32Array>> {
  const session = await openSession(buildTrainStep(model(), plainOptions(batchSize)));
  const feeds: Record<string, SessionTensor> = {
    [STEP.examples]: tensor(Float32Array.from(EXAMPLES), [4, 2]),
    [STEP.labels]: tensor(Int32Array.of(0, 1, 1, 0), [4]),
    [STEP.indices]: tensor(
      Int32Array.from({ length: batchSize }, (_, index) => index),
      [batchSize],
    ),
    [STEP.weights]: tensor(Float32Array.from(weights), [batchSize]),
    [STEP.learningRate]: tensor(Float32Array.of(0.5), []),
  };
  for (const { name, shape, data } of initialParameters(model())) feeds[STEP.old(name)] = tensor(data, shape);
  const outputs = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data as Float32Array]));
}

describe('BatchNormalization while training', () => {
  test('pads of a short batch leave no trace in parameters or statistics', async () => {
    const third = Math.fround(1 / 3);
    const [whole, padded] = [await step(3, [third, third, third]), await step(4, [third, third, third, 0])];
    expect(Object.keys(padded)).toEqual(Object.keys(whole));
    for (const [name, values] of Object.entries(whole)) {
      values.forEach((value, index) => expect(padded[name]![index]).toBeCloseTo(value, 5));
    }
  });

  test('carries mean and unbiased variance with the momentum of the node', async () => {
    const outputs = await step(3, [0.5, 0.25, 0.25]);
    const hidden = [
      [0, 4.5],
      [5, -6.5],
      [-8, 9.5],
    ];
    for (const [channel, old] of [
      [0, [0.5, 1]],
      [1, [-0.5, 2]],
    ] as const) {
      const values = hidden.map((row) => row[channel]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
      expect(outputs[STEP.next('bn.mean')]![channel]).toBeCloseTo(0.75 * old[0] + 0.25 * mean, 5);
      expect(outputs[STEP.next('bn.variance')]![channel]).toBeCloseTo(0.75 * old[1] + 0.25 * variance, 4);
    }
  });

  test('of a single example gives finite values', async () => {
    const outputs = await step(1, [1]);
    for (const values of Object.values(outputs)) expect(values.every(Number.isFinite)).toBe(true);
  });

  test('has no optimiser state and no proximal pull for its statistics', () => {
    const options = {
      ...plainOptions(2),
      optimiser: { name: 'sgd', learningRate: 0.1, momentum: 0.9 },
      proximal: 0.1,
    } as const;
    const { inputs } = decodeModel(buildTrainStep(model(), options)).graph;
    const names = inputs.map(({ name }) => name).filter((name) => name.includes('bn.'));
    const each = (of: (name: string) => string): string[] => ['bn.scale', 'bn.bias'].map(of);
    expect(names.sort()).toEqual(
      [
        ...[STEP.old('bn.mean'), STEP.old('bn.variance'), ...each(STEP.old), ...each(STEP.base)],
        ...each((name) => STEP.old(STEP.velocity(name))),
      ].sort(),
    );
  });

  test('whose statistics two nodes share is refused', () => {
    expect(refusal(() => buildTrainStep(model(true), plainOptions(2)))).toMatchObject({
      code: 'ERR_OPERATOR_UNSUPPORTED',
      details: { operator: 'BatchNormalization', reason: 'its running statistics are those of another node too' },
    });
  });

  test('names its statistics for the terms of a job', () => {
    expect(runningStatistics(model())).toEqual({ means: ['bn.mean'], variances: ['bn.variance'] });
  });
});
