// Bits of a step do not depend on the runtime's threads, not even where many adjoints meet in one place.
import { expect, test } from '@jest/globals';
import { digestOf } from '@muster/protocol';
import { plainOptions } from '../../../test/support/train-vectors.ts';
import { heUniform } from '../models/initialise.ts';
import { encodeModel, GraphBuilder, initialParameters, int, ints } from './graph/index.ts';
import { seededRandom } from './random.ts';
import { openSession, tensor, type SessionTensor } from './session.ts';
import { STEP } from './step-names.ts';
import { buildTrainStep } from './train-step.ts';

const [BATCH, LENGTH, WIDTH, CODES] = [16, 64, 64, 5];

/** Embeddings of few codes, so that ScatterND adds some 200 rows to each, or an overlapping pool, so that ScatterElements does. */
function model(pooled: boolean): Uint8Array {
  const graph = new GraphBuilder();
  graph.initializers.set('embedding', heUniform([CODES, WIDTH], 8, 'threads', 'embedding'));
  graph.initializers.set('weight', heUniform([WIDTH, 3], WIDTH, 'threads', 'weight'));
  graph.reserve(['embedding', 'weight']);
  let value = graph.op('Gather', ['embedding', 'input']);
  if (pooled) {
    const byChannel = graph.op('Transpose', [value], { perm: ints([0, 2, 1]) });
    const window = { kernel_shape: ints([5]), pads: ints([2, 2]), strides: ints([1]) };
    value = graph.op('Transpose', [graph.op('MaxPool', [byChannel], window)], { perm: ints([0, 2, 1]) });
  }
  const axes = graph.constant({ dtype: 'int64', shape: [1], data: BigInt64Array.of(1n) });
  graph.op('MatMul', [graph.op('ReduceMean', [value, axes], { keepdims: int(0) }), 'weight'], {}, 'logits');
  return encodeModel({
    opset: 18,
    graph: {
      name: 'threads',
      inputs: [{ name: 'input', dtype: 'int64', shape: ['batch', LENGTH] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 3] }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
}

async function digestsOf(bytes: Uint8Array, threads: number): Promise<string[]> {
  const random = seededRandom('threads');
  const codes = BigInt64Array.from({ length: BATCH * LENGTH }, () => BigInt(random.below(CODES)));
  const feeds: Record<string, SessionTensor> = {
    [STEP.examples]: tensor(codes, [BATCH, LENGTH]),
    [STEP.labels]: tensor(
      Int32Array.from({ length: BATCH }, () => random.below(3)),
      [BATCH],
    ),
    [STEP.indices]: tensor(
      Int32Array.from({ length: BATCH }, (_, index) => index),
      [BATCH],
    ),
    [STEP.weights]: tensor(new Float32Array(BATCH).fill(1 / BATCH), [BATCH]),
    [STEP.learningRate]: tensor(Float32Array.of(1), []),
  };
  for (const { name, shape, data } of initialParameters(bytes)) feeds[STEP.old(name)] = tensor(data.slice(), shape);
  const session = await openSession(buildTrainStep(bytes, plainOptions(BATCH)), threads);
  const digests = new Set<string>();
  for (let run = 0; run < 20; run++) {
    const { [STEP.next('embedding')]: after } = await session.run(feeds);
    digests.add(digestOf(new Uint8Array((after!.data as Float32Array).buffer.slice(0))));
  }
  await session.release();
  return [...digests];
}

test.each([
  ['embeddings', false],
  ['overlapping pools', true],
])('gradients of %s are the same bits with one, two and four threads, run after run', async (_, pooled) => {
  const bytes = model(pooled);
  const single = await digestsOf(bytes, 1);
  expect(single).toHaveLength(1);
  expect(await digestsOf(bytes, 2)).toEqual(single);
  expect(await digestsOf(bytes, 4)).toEqual(single);
});
