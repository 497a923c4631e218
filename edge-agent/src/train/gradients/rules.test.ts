// Every rule of the gradient table against central finite differences of the loss, on small nets with fixed values.
import { describe, expect, test } from '@jest/globals';
import {
  encodeModel,
  float,
  floats,
  GraphBuilder,
  initialParameters,
  int,
  ints,
  longs,
  sizeOf,
} from '../graph/index.ts';
import { SHAPE_RULES } from '../graph/shapes.ts';
import { seededRandom } from '../random.ts';
import { openSession, tensor, type Session, type SessionTensor } from '../session.ts';
import { STEP } from '../step-names.ts';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import { buildTrainStep } from '../train-step.ts';
import { GRADIENT_RULES } from './rules.ts';

const BATCH = 3;
/** Small enough that no maximum changes place, large enough for float32 to tell the losses apart. */
const EPSILON = 1e-3;

/** A net under construction: `weight` makes trainable values around zero, reproducibly. */
class Net extends GraphBuilder {
  private readonly random = seededRandom('gradient check');

  weight(...shape: number[]): string {
    const name = `w${this.initializers.size}`;
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.random.uniform() * 1.6 - 0.8);
    this.initializers.set(name, { dtype: 'float32', shape, data });
    return name;
  }

  shaped(...shape: number[]): string {
    const name = `s${this.initializers.size}`;
    this.initializers.set(name, longs([shape.length], shape));
    return name;
  }

  /** A fully connected layer to the three classes. */
  head(value: string, features: number): string {
    return this.op('Gemm', [value, this.weight(features, 3), this.weight(3)]);
  }
}

interface Case {
  readonly name: string;
  readonly shape: readonly number[];
  /** @returns the scores, [batch, 3] */
  readonly build: (net: Net) => string;
}

/** A convolution in front, so that the operator's input gradient is checked too; then the operator, then the head. */
function onImage(name: string, features: number, build: (net: Net, image: string) => string): Case {
  return {
    name,
    shape: [2, 6, 7],
    build: (net) => {
      const image = net.op('Conv', ['input', net.weight(2, 2, 1, 1)]);
      return net.head(net.op('Flatten', [build(net, image)]), features);
    },
  };
}

function onVector(name: string, build: (net: Net, vector: string) => string, features = 4): Case {
  return {
    name,
    shape: [5],
    build: (net) => net.head(build(net, net.op('Gemm', ['input', net.weight(5, 4), net.weight(4)])), features),
  };
}

const pads = (...value: number[]): { pads: ReturnType<typeof ints> } => ({ pads: ints(value) });

const CASES: readonly Case[] = [
  onVector('Relu', (net, x) => net.op('Relu', [x])),
  onVector('Tanh', (net, x) => net.op('Tanh', [x])),
  onVector('Sigmoid', (net, x) => net.op('Sigmoid', [x])),
  onVector('Softmax', (net, x) => net.op('Softmax', [x])),
  onVector('LogSoftmax', (net, x) => net.op('LogSoftmax', [x])),
  onVector('Add of equal shapes', (net, x) => net.op('Add', [x, net.op('Tanh', [x])])),
  onVector('Add of a row', (net, x) => net.op('Add', [x, net.weight(4)])),
  onVector('Sub of a row from the batch', (net, x) => net.op('Sub', [x, net.weight(1, 4)])),
  onVector('Sub of the batch from a column', (net, x) => net.op('Sub', [net.weight(BATCH, 1), x])),
  onVector('Mul by itself', (net, x) => net.op('Mul', [x, x])),
  onVector('Mul by a single value', (net, x) => net.op('Mul', [x, net.weight(1)])),
  onVector('MatMul', (net, x) => net.op('MatMul', [x, net.weight(4, 4)])),
  onVector('Gemm with both sides transposed', (net, x) => {
    const turned = net.op('Transpose', [x], { perm: ints([1, 0]) });
    const attributes = { transA: int(1), transB: int(1), alpha: float(0.7), beta: float(0.3) };
    return net.op('Gemm', [turned, net.weight(4, 4), net.weight(4)], attributes);
  }),
  onVector('Gemm with the right side transposed', (net, x) =>
    net.op('Gemm', [x, net.weight(4, 4)], { transB: int(1) }),
  ),
  onVector('Gemm with the left side transposed', (net, x) => {
    const square = net.op('Gemm', [x, x], { transA: int(1) });
    return net.op('MatMul', [x, square]);
  }),
  onVector('Reshape and Transpose', (net, x) => {
    const cube = net.op('Reshape', [x, net.shaped(0, 2, 2)]);
    const turned = net.op('Transpose', [net.op('Tanh', [cube])], { perm: ints([0, 2, 1]) });
    return net.op('Reshape', [turned, net.shaped(-1, 4)]);
  }),
  onVector('ReduceMean', (net, x) =>
    net.op('Mul', [x, net.op('ReduceMean', [x, net.shaped(1)], { keepdims: int(1) })]),
  ),
  onVector(
    'ReduceMean without its axis',
    (net, x) => {
      const cube = net.op('Reshape', [x, net.shaped(0, 2, 2)]);
      return net.op('ReduceMean', [net.op('Tanh', [cube]), net.shaped(2)], { keepdims: int(0) });
    },
    2,
  ),
  onImage('Conv', 3 * 4 * 5, (net, x) => net.op('Conv', [x, net.weight(3, 2, 3, 3), net.weight(3)])),
  onImage('Conv with strides, pads and a remainder', 2 * 3 * 2, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 2, 3), net.weight(2)], { strides: ints([2, 3]), ...pads(0, 1, 0, 0) }),
  ),
  onImage('Conv that leaves much of its input unread', 2 * 2 * 2, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 1, 2)], { strides: ints([4, 4]) }),
  ),
  onImage('Conv with dilations', 2 * 4 * 3, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 2, 3)], { dilations: ints([2, 3]), ...pads(0, 1, 0, 1) }),
  ),
  onImage('Conv padded to the same size', 2 * 3 * 4, (net, x) =>
    net.op('Conv', [x, net.weight(2, 2, 3, 3)], {
      strides: ints([2, 2]),
      auto_pad: { kind: 'string', value: 'SAME_UPPER' },
    }),
  ),
  onImage('MaxPool with disjoint windows', 2 * 3 * 3, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
  ),
  onImage('MaxPool with overlapping, padded windows', 2 * 3 * 4, (net, x) =>
    net.op('MaxPool', [x], { kernel_shape: ints([3, 3]), strides: ints([2, 2]), ...pads(1, 1, 1, 1) }),
  ),
  onImage('AveragePool with a remainder', 2 * 3 * 3, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
  ),
  onImage('AveragePool that leaves its pads out', 2 * 6 * 7, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([3, 3]), ...pads(1, 1, 1, 1) }),
  ),
  onImage('AveragePool that counts its pads', 2 * 6 * 7, (net, x) =>
    net.op('AveragePool', [x], { kernel_shape: ints([3, 3]), count_include_pad: int(1), ...pads(1, 1, 1, 1) }),
  ),
  onImage('GlobalAveragePool', 2, (net, x) => net.op('GlobalAveragePool', [net.op('Tanh', [x])])),
];

function modelOf({ shape, build }: Case): { bytes: Uint8Array; operators: string[] } {
  const net = new Net();
  const logits = build(net);
  const bytes = encodeModel({
    opset: 18,
    graph: {
      name: 'case',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', ...shape] }],
      outputs: [{ name: logits, dtype: 'float32', shape: ['batch', 3] }],
      initializers: net.initializers,
      nodes: net.nodes,
    },
  });
  return { bytes, operators: net.nodes.map(({ operator }) => operator) };
}

/** Loss and gradients of one step with learning rate 1 and no momentum: then p - p' is the gradient. */
async function step(session: Session, feeds: Record<string, SessionTensor>): Promise<Record<string, Float32Array>> {
  const outputs = await session.run(feeds);
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.data as Float32Array]));
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
    const parameters = initialParameters(bytes);
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
    expect([...GRADIENT_RULES.keys()].sort()).toEqual([...SHAPE_RULES.keys()].sort());
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
