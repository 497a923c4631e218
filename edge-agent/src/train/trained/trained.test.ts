// What is trained: frozen weights stay, adapters learn beside them, and what comes out is a plain model again.
import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../../../test/support/refusal.ts';
import { memorySource, type ExampleSource } from '../../data/index.ts';
import { Evaluator } from '../../evaluate/index.ts';
import { mlp } from '../../models/index.ts';
import { decodeModel, encodeModel, GraphBuilder, initialParameters, int, ints, type Model } from '../graph/index.ts';
import { LocalTrainer } from '../local-training.ts';
import { seededRandom } from '../random.ts';
import { parseRecipe, type Recipe } from '../recipe.ts';
import { openSession, tensor } from '../session.ts';
import { exportModel } from './export.ts';
import { matches } from './pattern.ts';
import { prepareModel, startParameters } from './prepare.ts';

const MODEL = mlp({ sizes: [6, 8, 3], seed: 1, shape: [6] });
const SEED_KEY = { seed: 1, job: 'job', round: 1, agent: 'army/agent-1' };

const recipe = (change: object): Recipe =>
  parseRecipe({
    ...{ v: 1, loss: 'cross-entropy', optimiser: { name: 'sgd', learningRate: 0.2 }, proximal: 0 },
    ...{ epochs: 3, batchSize: 8, stepsPerRun: 4, ...change },
  });

/** Three classes by the largest of the first three features. */
function data(shape: readonly number[] = [6]): ExampleSource {
  const random = seededRandom('trained');
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const features = Float32Array.from({ length: 90 * size }, () => random.uniform() * 2 - 1);
  const targets = Int32Array.from({ length: 90 }, (_, row) => {
    const head = [...features.subarray(row * size, row * size + 3)];
    return head.indexOf(Math.max(...head));
  });
  return memorySource({
    shape,
    dtype: 'float32',
    target: { kind: 'class', classes: 3 },
    examples: 90,
    features,
    targets,
  });
}

const valuesOf = (model: Uint8Array, given: Recipe): Map<string, Float32Array> =>
  new Map(startParameters(model, given, 7).map(({ name, data: values }) => [name, values.slice()]));

async function trained(model: Uint8Array, given: Recipe, source = data()): Promise<Map<string, Float32Array>> {
  const trainer = await LocalTrainer.open(model, given, 1);
  const { parameters } = await trainer.train({ parameters: valuesOf(model, given), data: source, seedKey: SEED_KEY });
  await trainer.close();
  return parameters;
}

async function answers(model: Uint8Array, shape: readonly number[] = [6]): Promise<number[]> {
  const session = await openSession(model);
  const random = seededRandom('answers');
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const features = Float32Array.from({ length: 5 * size }, () => random.uniform());
  const outputs = await session.run({ input: tensor(features, [5, ...shape]) });
  const scores = [...(outputs.logits!.data as Float32Array)];
  await session.release();
  return scores;
}

/** A convolution, a linear layer as exporters write it over several dimensions (MatMul with a transposed weight), Gemm. */
function mixed(): Uint8Array {
  const graph = new GraphBuilder();
  const random = seededRandom('mixed');
  const weight = (name: string, shape: number[]): void => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const values = Float32Array.from({ length: size }, () => random.uniform() - 0.5);
    graph.initializers.set(name, { dtype: 'float32', shape, data: values });
  };
  weight('conv', [4, 1, 3, 3]);
  weight('linear', [5, 16]);
  weight('head', [3, 5]);
  graph.op(
    'Conv',
    ['input', 'conv'],
    { kernel_shape: ints([3, 3]), strides: ints([2, 2]), pads: ints([1, 1, 1, 1]) },
    'c',
  );
  graph.op('Relu', ['c'], {}, 'r');
  graph.op('Flatten', ['r'], { axis: int(1) }, 'f');
  graph.op('Transpose', ['linear'], { perm: ints([1, 0]) }, 't');
  graph.op('MatMul', ['f', 't'], {}, 'm');
  graph.op('Gemm', ['m', 'head'], { transB: int(1) }, 'logits');
  const model: Model = {
    opset: 18,
    graph: {
      name: 'mixed',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 1, 4, 4] }],
      outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 3] }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  };
  return encodeModel(model);
}

describe('what is trained', () => {
  test('patterns match names as a whole, * any run and ? one character', () => {
    const cases: [string, string, boolean][] = [
      ['head.*', 'head.weight', true],
      ['*.weight', 'a.b.weight', true],
      ['*.weight', 'weight', false],
      ['layer?', 'layer1', true],
      ['layer?', 'layer12', false],
      ['*a*b*', 'xxaxxbxx', true],
      ['*a*b', 'xxaxxbx', false],
      ['**', '', true],
      ['', 'x', false],
    ];
    expect(cases.filter(([pattern, name, fits]) => matches(pattern, name) !== fits)).toEqual([]);
    // would take a backtracking matcher longer than the universe has been
    expect(matches('*a'.repeat(90), 'a'.repeat(500) + 'b')).toBe(false);
  });

  test('a recipe without a choice trains every weight, and starts from the file', () => {
    expect(startParameters(MODEL, recipe({}), 1)).toEqual(initialParameters(MODEL));
  });

  test('only what patterns name is trained, held in the base and fed to the evaluator', async () => {
    const given = recipe({ trainable: ['dense2.*'] });
    const parameters = await trained(MODEL, given);
    expect([...parameters.keys()]).toEqual(['dense2.weight', 'dense2.bias']);
    const evaluator = await Evaluator.open(MODEL, given);
    const [before, after] = [
      await evaluator.evaluate(valuesOf(MODEL, given), data()),
      await evaluator.evaluate(parameters, data()),
    ];
    expect(after.loss).toBeLessThan(before.loss);
    await expect(evaluator.evaluate(new Map(), data())).rejects.toMatchObject({ code: 'ERR_PARAMETERS_INVALID' });
    await evaluator.close();
    const plain = new Map(
      initialParameters(exportModel(MODEL, given, parameters)).map((each) => [each.name, each.data]),
    );
    const original = new Map(initialParameters(MODEL).map((each) => [each.name, each.data]));
    expect(plain.get('dense1.weight')).toEqual(original.get('dense1.weight'));
    expect(plain.get('dense2.weight')).toEqual(parameters.get('dense2.weight'));
  });

  test.each([
    ['dense layers', MODEL, [6], ['dense?.weight']],
    ['convolutions, transposed and plain products', mixed(), [1, 4, 4], ['conv', 'linear', 'head']],
  ] as const)(
    'adapters of %s start as nothing, learn, and merge into a plain model',
    async (_, model, shape, targets) => {
      const optimiser = { name: 'sgd', learningRate: 0.05 };
      const given = recipe({ lora: { rank: 2, alpha: 4, targets }, epochs: 5, optimiser });
      const start = valuesOf(model, given);
      expect(start.size).toBe(2 * (shape.length === 1 ? 2 : 3));
      const near = (a: number[], b: number[]): boolean => a.every((value, index) => Math.abs(value - b[index]!) < 1e-5);
      expect(near(await answers(exportModel(model, given, start), shape), await answers(model, shape))).toBe(true);
      const learned = await trained(model, given, data(shape));
      const evaluator = await Evaluator.open(model, given);
      const adapted = await evaluator.evaluate(learned, data(shape));
      expect(adapted.loss).toBeLessThan((await evaluator.evaluate(start, data(shape))).loss);
      await evaluator.close();
      // the merged model is a plain one of the same tensors, and says what the adapted one said
      const merged = exportModel(model, given, learned);
      const values = initialParameters(merged);
      expect(values.map(({ name }) => name)).toEqual(initialParameters(model).map(({ name }) => name));
      const whole = await Evaluator.open(merged, { loss: 'cross-entropy' });
      const evaluated = await whole.evaluate(new Map(values.map((each) => [each.name, each.data])), data(shape));
      expect(evaluated.loss).toBeCloseTo(adapted.loss, 5);
      await whole.close();
    },
  );

  test('a model exported at work in training is written for inference: batches do not change its answers', async () => {
    const path = join(import.meta.dirname, '../../../../test/vectors/gradients/resnet-training.onnx');
    const model = await readFile(path);
    const { graph } = decodeModel(model);
    const [batch, ...shape] = graph.inputs[0]!.shape;
    expect([batch, graph.nodes.some(({ attributes }) => 'training_mode' in attributes)]).toEqual(['batch', true]);
    const given = recipe({});
    const session = await openSession(exportModel(model, given, valuesOf(model, given)));
    const random = seededRandom('inference');
    const size = (shape as number[]).reduce((product, dimension) => product * dimension, 1);
    const features = Float32Array.from({ length: 4 * size }, () => random.uniform());
    const scores = async (count: number): Promise<number[]> => {
      const input = tensor(features.subarray(0, count * size), [count, ...(shape as number[])]);
      return [...((await session.run({ input })).logits!.data as Float32Array)];
    };
    const [alone, among] = [await scores(1), await scores(4)];
    for (const [index, value] of alone.entries()) expect(among[index]).toBeCloseTo(value, 5);
    await session.release();
  });

  test('adapters are seeded by the job, and other named tensors are trained beside them', () => {
    const given = recipe({ lora: { rank: 1, alpha: 1, targets: ['dense1.weight'] }, trainable: ['dense2.*'] });
    const names = startParameters(MODEL, given, 7).map(({ name }) => name);
    expect(names).toEqual(['dense2.weight', 'dense2.bias', 'dense1.weight.lora_A', 'dense1.weight.lora_B']);
    const factor = (seed: number, part: string): Float32Array =>
      startParameters(MODEL, given, seed).find(({ name }) => name === `dense1.weight.lora_${part}`)!.data;
    expect(factor(7, 'A')).toEqual(factor(7, 'A'));
    expect(factor(8, 'A')).not.toEqual(factor(7, 'A'));
    expect(factor(7, 'A').every((value) => Math.abs(value) <= 1 / Math.sqrt(6))).toBe(true);
    expect(factor(7, 'B').every((value) => value === 0)).toBe(true);
  });

  test.each([
    [{ trainable: ['dense1.*', 'head.*'] }, 'trainable.1'],
    [{ lora: { rank: 1, alpha: 1, targets: ['dense1.weight', 'dense1.bias'] } }, 'lora.targets.1'],
    [{ lora: { rank: 0, alpha: 1, targets: [] } }, 'lora.rank'],
  ])('refuses %j and names %s', (change, field) => {
    const error = refusal(() => prepareModel(MODEL, recipe(change)));
    if (error.code !== 'ERR_RECIPE_INVALID') throw error;
    expect(error.details.issues[0]!.field).toBe(field);
  });

  test('an adapter is refused beside a weight that is used in another way as well, or under a name that is taken', () => {
    const graph = new GraphBuilder();
    graph.initializers.set('w', { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) });
    graph.op('MatMul', ['input', 'w'], {}, 'a');
    graph.op('Add', ['a', 'w'], {}, 'logits');
    const build = (initializers: Model['graph']['initializers']): Uint8Array =>
      encodeModel({
        opset: 18,
        graph: {
          name: 'tied',
          inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 2] }],
          outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 2] }],
          initializers,
          nodes: graph.nodes,
        },
      });
    const lora = { rank: 1, alpha: 1, targets: ['w'] };
    expect(refusal(() => prepareModel(build(graph.initializers), { lora })).code).toBe('ERR_RECIPE_INVALID');
    graph.nodes.pop();
    graph.op('Identity', ['a'], {}, 'logits');
    const taken = new Map(graph.initializers).set('w.lora_A', {
      dtype: 'float32',
      shape: [1],
      data: new Float32Array(1),
    });
    expect(refusal(() => prepareModel(build(taken), { lora })).code).toBe('ERR_MODEL_MALFORMED');
  });
});
