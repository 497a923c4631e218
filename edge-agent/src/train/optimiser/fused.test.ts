// The update that is fused into the product of its gradient, where two parameters have that gradient in common.
import { expect, test } from '@jest/globals';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import { encodeModel, floats, GraphBuilder, initialParameters, type Tensor } from '../graph/index.ts';
import { openSession, tensor, type SessionTensor } from '../session.ts';
import { STEP } from '../step-names.ts';
import { buildTrainStep } from '../train-step.ts';

const SUMMANDS: Record<string, Tensor> = {
  a: floats([2, 3], [0.5, -1, 2, 0.25, 1, -0.5]),
  b: floats([2, 3], [1, 0.5, -1, 0.75, -2, 0.5]),
};
const SUM: Record<string, Tensor> = { c: floats([2, 3], [1.5, -0.5, 1, 1, -1, 0]) };

/** logits = input times the sum of the weights */
function linear(weights: Record<string, Tensor>): Uint8Array {
  const graph = new GraphBuilder();
  for (const [name, value] of Object.entries(weights)) graph.initializers.set(name, value);
  const names = Object.keys(weights);
  graph.reserve(names);
  graph.op('MatMul', ['input', names.length === 1 ? names[0]! : graph.op('Add', names)], {}, 'logits');
  return encodeModel({
    opset: 18,
    graph: {
      name: 'shared',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 3] }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}

/** How far each weight moves in one step, with a velocity of 1 throughout where there is momentum. */
async function moves(weights: Record<string, Tensor>, momentum: number): Promise<Map<string, number[]>> {
  const optimiser = { name: 'sgd', learningRate: 0.5, momentum } as const;
  const model = linear(weights);
  const session = await openSession(buildTrainStep(model, { ...plainOptions(2), optimiser }));
  const feeds: Record<string, SessionTensor> = {
    [STEP.examples]: tensor(Float32Array.of(1, 2, -1, 0.5), [2, 2]),
    [STEP.labels]: tensor(Int32Array.of(0, 2), [2]),
    [STEP.indices]: tensor(Int32Array.of(0, 1), [2]),
    [STEP.weights]: tensor(Float32Array.of(0.5, 0.5), [2]),
    [STEP.learningRate]: tensor(Float32Array.of(0.5), []),
  };
  const parameters = initialParameters(model);
  for (const { name, shape, data } of parameters) {
    feeds[STEP.old(name)] = tensor(data.slice(), shape);
    if (momentum > 0) feeds[STEP.old(STEP.velocity(name))] = tensor(new Float32Array(6).fill(1), shape);
  }
  const outputs = await session.run(feeds);
  await session.release();
  const moved = (name: string, data: Float32Array): number[] =>
    Array.from(outputs[STEP.next(name)]!.data as Float32Array, (value, index) => value - data[index]!);
  return new Map(parameters.map(({ name, data }) => [name, moved(name, data)]));
}

test.each([0, 0.9])('two parameters that share one gradient both move by it, momentum %d', async (momentum) => {
  const [both, one] = [await moves(SUMMANDS, momentum), await moves(SUM, momentum)];
  const expected = one.get('c')!.map((value): unknown => expect.closeTo(value, 6));
  expect(Math.max(...one.get('c')!.map(Math.abs))).toBeGreaterThan(0.01);
  expect(both.get('a')).toEqual(expected);
  expect(both.get('b')).toEqual(expected);
});
