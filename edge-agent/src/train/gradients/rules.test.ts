// Every rule of the gradient table against central finite differences of the loss, on small nets with fixed values.
import { describe, expect, test } from '@jest/globals';
import { CASES } from '../../../../test/support/gradients/cases.ts';
import { BATCH, modelOf, Net } from '../../../../test/support/gradients/net.ts';
import {
  encodeModel,
  floats,
  initialParameters,
  runningStatistics,
  sizeOf,
  type InitialParameter,
} from '../graph/index.ts';
import { SHAPE_RULES } from '../graph/shapes.ts';
import { seededRandom } from '../random.ts';
import { openSession, tensor, type Session, type SessionTensor } from '../session.ts';
import { STEP } from '../step-names.ts';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import { buildTrainStep } from '../train-step.ts';
import { GRADIENT_RULES } from './rules.ts';

/** Small enough that no maximum changes place, large enough for float32 to tell the losses apart. */
const EPSILON = 1e-3;

/** Loss and gradients of one step with learning rate 1 and no momentum: then p - p' is the gradient. */
async function step(session: Session, feeds: Record<string, SessionTensor>): Promise<Record<string, Float32Array>> {
  const outputs = await session.run(feeds);
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data as Float32Array]));
}

/** Running statistics are fed like parameters, but have no gradients. */
function statisticsOf(model: Uint8Array): InitialParameter[] {
  const { means, variances } = runningStatistics(model);
  return initialParameters(model).filter(({ name }) => [...means, ...variances].includes(name));
}

describe('gradient rules', () => {
  test.each(CASES)('$name agrees with finite differences', async (each) => {
    const { bytes } = modelOf(each);
    const session = await openSession(buildTrainStep(bytes, plainOptions(BATCH)));
    const random = seededRandom('gradient check examples');
    const examples = Float32Array.from({ length: BATCH * sizeOf(each.shape) }, () => random.uniform() * 2 - 1);
    const feeds: Record<string, SessionTensor> = {
      [STEP.examples]: tensor(examples, [BATCH, ...each.shape]),
      [STEP.labels]: tensor(Int32Array.of(0, 2, 1), [BATCH]),
      [STEP.indices]: tensor(Int32Array.of(0, 1, 2), [BATCH]),
      // Uneven weights, so that their place in the loss is checked as well.
      [STEP.weights]: tensor(Float32Array.of(0.5, 0.3, 0.2), [BATCH]),
      [STEP.learningRate]: tensor(Float32Array.of(1), []),
    };
    if (session.inputNames.includes(STEP.seed)) feeds[STEP.seed] = tensor(BigInt64Array.of(1n), []);
    const statistics = statisticsOf(bytes);
    const parameters = initialParameters(bytes).filter(({ name }) => !statistics.some((each) => each.name === name));
    for (const { name, shape, data } of statistics) feeds[STEP.old(name)] = tensor(data, shape);
    for (const { name, shape, data } of parameters) feeds[STEP.old(name)] = tensor(data.slice(), shape);
    const analytic = await step(session, feeds);
    for (const { name, shape, data } of parameters) {
      const after = analytic[STEP.next(name)]!;
      for (let i = 0; i < data.length; i += Math.ceil(data.length / 12)) {
        const lossAt = async (shift: number): Promise<number> => {
          const moved = data.slice();
          moved[i]! += shift;
          return (await step(session, { ...feeds, [STEP.old(name)]: tensor(moved, shape) }))[STEP.loss]![0]!;
        };
        const numeric = ((await lossAt(EPSILON)) - (await lossAt(-EPSILON))) / (2 * EPSILON);
        const gradient = data[i]! - after[i]!;
        const wrong =
          Math.abs(gradient - numeric) < 1e-3 * (1 + Math.abs(numeric)) ? undefined : { name, i, gradient, numeric };
        expect(wrong).toBeUndefined();
      }
    }
    await session.release();
  });

  test('each has a case above and a shape rule', () => {
    const covered = new Set(CASES.flatMap((each) => modelOf(each).operators));
    expect([...GRADIENT_RULES.keys()].filter((operator) => !covered.has(operator))).toEqual([]);
    expect([...GRADIENT_RULES.keys()].filter((operator) => !SHAPE_RULES.has(operator))).toEqual([]);
  });

  test('are not needed for a constant factor, which stays as it is', () => {
    const net = new Net();
    net.initializers.set('two', floats([], [2]));
    const { nodes, initializers } = net;
    const logits = net.op('Mul', [net.head('input', 5), 'two']);
    const graph = {
      name: 'scaled',
      inputs: [{ name: 'input', dtype: 'float32' as const, shape: ['batch', 5] }],
      outputs: [{ name: logits, dtype: 'float32' as const, shape: ['batch', 3] }],
      initializers,
      nodes,
    };
    expect(initialParameters(encodeModel({ opset: 18, graph })).map(({ name }) => name)).toEqual(['w1', 'w2']);
  });
});
