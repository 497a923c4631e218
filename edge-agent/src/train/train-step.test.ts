// The train step against PyTorch (vectors/gradients: both exporters), and what it refuses.
import { describe, expect, test } from '@jest/globals';
import { isMusterError } from '@muster/protocol';
import { readdirSync, readFileSync } from 'node:fs';
import { plainOptions } from '../../../test/support/train-vectors.ts';
import { refusal } from '../../../test/support/refusal.ts';
import { mlp } from '../models/index.ts';
import {
  decodeModel,
  encodeModel,
  initialParameters,
  runningStatistics,
  sizeOf,
  type Model,
  type Node,
} from './graph/index.ts';
import { seededRandom } from './random.ts';
import { openSession, tensor, type SessionTensor } from './session.ts';
import { STEP } from './step-names.ts';
import { buildTrainStep, type TrainStepOptions } from './train-step.ts';

const FOLDER = new URL('../../../test/vectors/gradients/', import.meta.url);
const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

interface Vector {
  readonly input: {
    readonly shape: number[];
    /** float32 where none is given */
    readonly dtype?: 'int64';
    readonly batch: number;
    readonly learningRate: number;
    readonly momentum: number;
    readonly proximal: number;
    readonly steps: number;
    readonly examples: number[];
    readonly labels: number[];
  };
  readonly expect: {
    readonly loss: number;
    readonly gradients: Record<string, number[]>;
    readonly losses: number[];
    readonly parameters: Record<string, number[]>;
  };
}

function load(name: string): { model: Uint8Array; vector: Vector } {
  const model = readFileSync(new URL(`${name}.onnx`, FOLDER));
  return { model, vector: JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Vector };
}

const sgd = (momentum = 0): TrainStepOptions['optimiser'] => ({ name: 'sgd', learningRate: 0.1, momentum });

const PLAIN = plainOptions(4);

type Feeds = Record<string, SessionTensor>;

/** Everything a step reads but indices and weights, in every form a step may want it. */
function feedsOf(model: Uint8Array, { input }: Vector, learningRate: number): Feeds {
  const examples = input.batch * input.steps;
  const places = input.labels.length / examples; // of one example that have a class each
  const feeds: Feeds = {
    [STEP.examples]: tensor(
      input.dtype === 'int64' ? BigInt64Array.from(input.examples, BigInt) : Float32Array.from(input.examples),
      [examples, ...input.shape],
    ),
    [STEP.labels]: tensor(Int32Array.from(input.labels), places === 1 ? [examples] : [examples, places]),
    [STEP.learningRate]: tensor(Float32Array.of(learningRate), []),
  };
  for (const { name, shape, data } of initialParameters(model)) {
    feeds[STEP.old(name)] = tensor(data.slice(), shape);
    feeds[STEP.base(name)] = tensor(data.slice(), shape);
    feeds[STEP.old(STEP.velocity(name))] = tensor(new Float32Array(sizeOf(shape)), shape);
  }
  return feeds;
}

function batchOf(first: number, rows: number, size: number): Feeds {
  const shape = rows > 1 ? [rows, size] : [size];
  const indices = Int32Array.from({ length: rows * size }, (_, index) => first * size + index);
  return {
    [STEP.indices]: tensor(indices, shape),
    [STEP.weights]: tensor(new Float32Array(rows * size).fill(1 / size), shape),
  };
}

function furthest(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((highest, value, index) => Math.max(highest, Math.abs(value - actual[index]!)), 0);
}

/** Only what the graph takes: a session refuses feeds it does not know. */
function only(names: readonly string[], feeds: Feeds): Feeds {
  return Object.fromEntries(names.map((name) => [name, feeds[name]!]));
}

function open(model: Uint8Array, options: TrainStepOptions): ReturnType<typeof openSession> {
  return openSession(buildTrainStep(model, options));
}

/** A model with its nodes changed. */
function altered(model: Uint8Array, change: (nodes: readonly Node[]) => Node[]): Uint8Array {
  const { opset, graph }: Model = decodeModel(model);
  return encodeModel({ opset, graph: { ...graph, nodes: change(graph.nodes) } });
}

describe('train step', () => {
  test.each(CASES)("%s: gradients are PyTorch's", async (name) => {
    const { model, vector } = load(name);
    const session = await open(model, { ...PLAIN, batchSize: vector.input.batch });
    // With learning rate 1 and neither momentum nor proximal term the step itself is the gradient.
    const feeds = { ...feedsOf(model, vector, 1), ...batchOf(0, 1, vector.input.batch) };
    const outputs = await session.run(only(session.inputNames, feeds));
    expect(furthest(outputs[STEP.loss]!.data as Float32Array, [vector.expect.loss])).toBeLessThan(1e-6);
    const { means, variances } = runningStatistics(model);
    const statistics = new Set([...means, ...variances]);
    for (const parameter of initialParameters(model).filter(({ name: each }) => !statistics.has(each))) {
      const after = outputs[STEP.next(parameter.name)]!.data as Float32Array;
      const gradient = parameter.data.map((value, index) => value - after[index]!);
      expect(furthest(gradient, vector.expect.gradients[parameter.name]!)).toBeLessThan(5e-7);
    }
    await session.release();
  });

  test.each(CASES.flatMap((name) => [[name, 1] as const, [name, 5] as const]))(
    "%s: momentum and FedProx, %i steps a call, give PyTorch's parameters and losses",
    async (name, stepsPerRun) => {
      const { model, vector } = load(name);
      const { batch, steps, learningRate, momentum, proximal } = vector.input;
      const session = await open(model, {
        ...PLAIN,
        batchSize: batch,
        optimiser: sgd(momentum),
        proximal,
        stepsPerRun,
      });
      const feeds = feedsOf(model, vector, learningRate);
      const losses: number[] = [];
      for (let step = 0; step < steps; step += stepsPerRun) {
        const batches = batchOf(step, stepsPerRun, batch);
        const outputs = await session.run(only(session.inputNames, { ...feeds, ...batches }));
        losses.push(...(outputs[STEP.loss]!.data as Float32Array));
        for (const [output, value] of Object.entries(outputs)) {
          if (output !== STEP.loss) feeds[output.replace(/^new:/, 'old:')] = value;
        }
      }
      expect(furthest(losses, vector.expect.losses)).toBeLessThan(1e-6);
      for (const [parameter, values] of Object.entries(vector.expect.parameters)) {
        const trained = feeds[STEP.old(parameter)]!.data as Float32Array;
        expect(furthest(trained, values)).toBeLessThan(5e-7);
      }
      await session.release();
    },
  );

  test('examples of weight zero leave no trace, whatever they hold', async () => {
    const { model, vector } = load('cnn-torchscript');
    const feeds = feedsOf(model, vector, 0.1);
    const session = await open(model, PLAIN);
    const stepWith = async (filler: number): Promise<Float32Array[]> => {
      const batches = {
        [STEP.indices]: tensor(Int32Array.of(0, 1, 2, filler), [4]),
        [STEP.weights]: tensor(Float32Array.of(1 / 3, 1 / 3, 1 / 3, 0), [4]),
      };
      const outputs = await session.run(only(session.inputNames, { ...feeds, ...batches }));
      return Object.values(outputs).map(({ data }) => data as Float32Array);
    };
    expect(await stepWith(3)).toEqual(await stepWith(7));
    await session.release();
  });

  test('the same model and options give the same bytes, other options others', () => {
    const { model } = load('cnn-dynamo');
    const bytes = buildTrainStep(model, PLAIN);
    expect(buildTrainStep(Uint8Array.from(model), PLAIN)).toEqual(bytes);
    const others = [{ batchSize: 5 }, { optimiser: sgd(0.5) }, { proximal: 0.5 }, { stepsPerRun: 2 }];
    for (const other of others) expect(buildTrainStep(model, { ...PLAIN, ...other })).not.toEqual(bytes);
  });

  test('an operator without a rule is named with its node', () => {
    const model = altered(mlp({ sizes: [4, 3, 2], seed: 1 }), (nodes) =>
      nodes.map((node) => (node.operator === 'Relu' ? { ...node, operator: 'Celu', name: 'activation' } : node)),
    );
    const { code, details } = refusal(() => buildTrainStep(model, PLAIN));
    expect({ code, details }).toEqual({
      code: 'ERR_OPERATOR_UNSUPPORTED',
      details: { operator: 'Celu', node: 'activation' },
    });
  });

  test('shapes that do not fit are refused with the node', () => {
    const model = altered(mlp({ sizes: [4, 3, 2], seed: 1 }), (nodes) =>
      nodes.map((node) => (node.name === 'logits' ? { ...node, inputs: ['relu1', 'dense1.weight'] } : node)),
    );
    expect(refusal(() => buildTrainStep(model, PLAIN))).toMatchObject({
      code: 'ERR_MODEL_SHAPE',
      details: { operator: 'Gemm', node: 'logits', reason: 'inner sizes 3 and 4 differ' },
    });
  });

  test("a model whose names are the train step's own is refused", () => {
    const model = altered(mlp({ sizes: [4, 3, 2], seed: 1 }), (nodes) =>
      nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => (name === 'relu1' ? STEP.labels : name)),
        outputs: node.outputs.map((name) => (name === 'relu1' ? STEP.labels : name)),
      })),
    );
    expect(refusal(() => buildTrainStep(model, PLAIN)).code).toBe('ERR_MODEL_MALFORMED');
  });

  test('a model changed at random is taken or refused with a code, never anything else', () => {
    const random = seededRandom('damaged models');
    const { model } = load('cnn-torchscript');
    const outcomes = new Set<string>();
    for (let run = 0; run < 300; run++) {
      const damaged = Uint8Array.from(model);
      for (let change = 0; change <= random.below(4); change++) damaged[random.below(model.length)] = random.below(256);
      try {
        buildTrainStep(damaged, PLAIN);
        outcomes.add('taken');
      } catch (error) {
        outcomes.add(isMusterError(error) ? error.code : String(error));
      }
    }
    expect([...outcomes].sort()).toEqual([
      'ERR_MODEL_MALFORMED',
      'ERR_MODEL_SHAPE',
      'ERR_OPERATOR_UNSUPPORTED',
      'taken',
    ]);
  });

  test('what only the runtime finds fault with is refused as a malformed model', async () => {
    await expect(openSession(new Uint8Array([8, 8]))).rejects.toMatchObject({ code: 'ERR_MODEL_MALFORMED' });
  });
});
