// Losses against PyTorch: values, slopes and what five steps make of them; and what a loss cannot take.
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../../test/support/refusal.ts';
import {
  furthestOff,
  loadSteps,
  plainOptions,
  takeSteps,
  type StepVectors,
} from '../../../../test/support/train-vectors.ts';
import { mlp } from '../../models/index.ts';
import { encodeModel, GraphBuilder, int, type Value } from '../graph/index.ts';
import { openSession, tensor } from '../session.ts';
import { buildTrainStep } from '../train-step.ts';
import { appendLoss } from './loss.ts';
import type { Loss } from './schema.ts';

interface Case {
  readonly title: string;
  readonly loss: Loss;
  readonly targets: number[];
  readonly losses: number[];
  readonly parameters: Record<string, number[]>;
}

interface Segmentation {
  readonly scores: number[];
  readonly labels: number[];
  readonly loss: number;
  readonly slopes: number[];
}

const VECTORS = loadSteps('losses') as StepVectors<Case> & { readonly segmentation: Segmentation };

/** A model of one layer whose output is reshaped or activated as told. */
function headed(operator: string, attributes = {}): Uint8Array {
  const graph = new GraphBuilder();
  const shape = ['batch', 3] as const;
  const input: Value = { name: 'input', dtype: 'float32', shape };
  graph.initializers.set('weight', { dtype: 'float32', shape: [3, 3], data: new Float32Array(9).fill(0.5) });
  graph.op('MatMul', ['input', 'weight'], {}, 'raw');
  graph.op(operator, ['raw'], attributes, 'output');
  const outputs: Value[] = [{ name: 'output', dtype: 'float32', shape }];
  const body = { name: 'headed', inputs: [input], outputs, initializers: graph.initializers, nodes: graph.nodes };
  return encodeModel({ opset: 18, graph: body });
}

describe('losses', () => {
  test.each(VECTORS.cases.map((each) => [each.title, each] as const))("%s: PyTorch's steps", async (_, each) => {
    const examples = VECTORS.batch * VECTORS.steps;
    const targets =
      each.loss === 'cross-entropy'
        ? tensor(Int32Array.from(each.targets), [examples])
        : tensor(Float32Array.from(each.targets), [examples, 3]);
    for (const stepsPerRun of [1, 5]) {
      const options = { ...plainOptions(VECTORS.batch), loss: each.loss, stepsPerRun };
      // the squared errors reach 20, of which float32 keeps seven digits
      expect(furthestOff(await takeSteps(VECTORS, options, targets), each)).toBeLessThan(3e-6);
    }
  });

  test("cross-entropy over the positions of a segmentation has PyTorch's value and slopes", async () => {
    const { scores, labels, loss, slopes } = VECTORS.segmentation;
    const shape = [4, 3, 2, 5];
    const graph = new GraphBuilder();
    const head = { scores: 'scores', shape, target: { kind: 'class', classes: 3, width: 10 }, nodes: [] } as const;
    const inputs = { head, labels: 'labels', weights: 'weights', scale: undefined, batchSize: 4 };
    const slope = appendLoss(graph, 'cross-entropy', inputs, 'loss');
    const session = await openSession(
      encodeModel({
        opset: 18,
        graph: {
          name: 'loss',
          inputs: [
            { name: 'scores', dtype: 'float32', shape },
            { name: 'labels', dtype: 'int32', shape: [4, 10] },
            { name: 'weights', dtype: 'float32', shape: [4] },
          ],
          outputs: [
            { name: 'loss', dtype: 'float32', shape: [] },
            { name: slope, dtype: 'float32', shape },
          ],
          initializers: graph.initializers,
          nodes: graph.nodes,
        },
      }),
    );
    const outputs = await session.run({
      scores: tensor(Float32Array.from(scores), shape),
      labels: tensor(Int32Array.from(labels), [4, 10]),
      weights: tensor(new Float32Array(4).fill(0.25), [4]),
    });
    expect((outputs.loss!.data as Float32Array)[0]).toBeCloseTo(loss, 6);
    const found = outputs[slope]!.data as Float32Array;
    expect(slopes.every((value, index) => Math.abs(value - found[index]!) < 1e-7)).toBe(true);
    await session.release();
  });

  test.each([
    ['cross-entropy', 'Softmax', { axis: int(1) }],
    ['cross-entropy', 'LogSoftmax', {}],
    ['binary-cross-entropy', 'Sigmoid', {}],
  ] as const)('%s contains a final %s, which is left out', (loss, operator, attributes) => {
    const options = { ...plainOptions(4), loss };
    const [stripped, plain] = [headed(operator, attributes), headed('Identity')].map((model) =>
      buildTrainStep(model, options),
    );
    expect(stripped!.length).toBeLessThanOrEqual(plain!.length + 8);
  });

  test('a final Softmax over something else than the classes is refused by its node', () => {
    expect(refusal(() => buildTrainStep(headed('Softmax', { axis: int(0) }), plainOptions(4)))).toMatchObject({
      code: 'ERR_OPERATOR_UNSUPPORTED',
      details: { operator: 'Softmax' },
    });
  });

  test('cross-entropy needs two classes at least; a model of one output is for the other losses', () => {
    const model = mlp({ sizes: [5, 1], seed: 1 });
    expect(refusal(() => buildTrainStep(model, plainOptions(4)))).toMatchObject({
      code: 'ERR_MODEL_SHAPE',
      details: { reason: "output logits has shape [4,1], the recipe's loss cross-entropy takes [batch, classes, …]" },
    });
    for (const loss of ['binary-cross-entropy', 'mean-squared-error', { name: 'huber', delta: 1 }] as const) {
      expect(buildTrainStep(model, { ...plainOptions(4), loss }).length).toBeGreaterThan(0);
    }
  });
});
