// Dropout: its mask against the formula in big integers, its statistics, its reproducibility, and that evaluation has none.
import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../../../test/support/refusal.ts';
import { plainOptions } from '../../../../test/support/train-vectors.ts';
import { mlp } from '../../models/index.ts';
import {
  decodeModel,
  encodeModel,
  floats,
  GraphBuilder,
  initialParameters,
  specialise,
  type Node,
  type Tensor,
} from '../graph/index.ts';
import { dropoutSeed } from '../random.ts';
import { openSession, tensor, type Session } from '../session.ts';
import { buildTrainStep } from '../train-step.ts';
import { dropout } from './dropout.ts';

const [ROWS, COLUMNS] = [32, 400];

/** A graph of one Dropout: x [32, 400] and a seed to y. */
async function open(ratio: number | undefined, ordinal = 0): Promise<Session> {
  const graph = new GraphBuilder();
  graph.shapes.set('x', [ROWS, COLUMNS]);
  const inputs = ratio === undefined ? ['x'] : ['x', graph.constant(floats([], [ratio]))];
  const node: Node = { name: 'drop', operator: 'Dropout', inputs, outputs: ['y'], attributes: {} };
  dropout(node, { graph, weights: '', seed: () => 'seed', ordinal: () => ordinal, next: () => undefined });
  const shape = [ROWS, COLUMNS];
  const { nodes, initializers } = graph;
  return openSession(
    encodeModel({
      opset: 18,
      graph: {
        name: 'dropout',
        inputs: [
          { name: 'x', dtype: 'float32', shape },
          { name: 'seed', dtype: 'int64', shape: [] },
        ],
        outputs: [{ name: 'y', dtype: 'float32', shape }],
        initializers,
        nodes,
      },
    }),
  );
}

async function masked(session: Session, seed: number): Promise<Float32Array> {
  const ones = new Float32Array(ROWS * COLUMNS).fill(1);
  const feeds = { x: tensor(ones, [ROWS, COLUMNS]), seed: tensor(BigInt64Array.of(BigInt(seed)), []) };
  return (await session.run(feeds))['y']!.data as Float32Array;
}

/** The documented formula, slow and obvious. */
function expected(seed: number, ordinal: number, ratio: number): boolean[] {
  const p = 2n ** 31n - 1n;
  const fifth = (x: bigint): bigint => x ** 5n % p;
  const mix = (x: bigint): bigint => fifth((1_597_334_677n * fifth(x % p) + 1_013_904_223n) % p);
  const s = mix(BigInt(seed) + 1_640_531_527n * BigInt(ordinal + 1));
  const other = mix(s + 747_796_405n);
  const threshold = BigInt(Math.floor(ratio * (2 ** 31 - 1)));
  return Array.from({ length: ROWS * COLUMNS }, (_, index) => {
    const a = mix(s + BigInt(Math.floor(index / COLUMNS)));
    const b = mix(other + BigInt(index % COLUMNS));
    return (a * b + s) ** 2n % p >= threshold;
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of two masks of equally many values: 0 where they have nothing to do with each other. */
function correlation(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [mean(left), mean(right)];
  const product = mean(left.map((value, i) => (value - a) * (right[i]! - b)));
  return product / Math.sqrt(mean(left.map((v) => (v - a) ** 2)) * mean(right.map((v) => (v - b) ** 2)));
}

describe('Dropout while training', () => {
  test.each([
    [1, 0, 0.5],
    [2 ** 31 - 2, 3, 0.1],
    [123_456_789, 40, 0.9],
  ])('with seed %i, ordinal %i, ratio %f has the mask of the formula', async (seed, ordinal, ratio) => {
    const session = await open(ratio, ordinal);
    const scale = Math.fround(1 / (1 - Math.fround(ratio)));
    const mask = expected(seed, ordinal, Math.fround(ratio));
    expect(await masked(session, seed)).toEqual(Float32Array.from(mask, (kept) => (kept ? scale : 0)));
    await session.release();
  });

  test('keeps each value about as often as its ratio says, by row, by column and by seed', async () => {
    const session = await open(0.3);
    const kept: number[][] = [];
    for (let seed = 0; seed < 25; seed++) {
      kept.push(Array.from(await masked(session, seed * 7919), (value) => (value > 0 ? 1 : 0)));
    }
    // 320,000 draws: a standard deviation is 0.0008
    expect(Math.abs(mean(kept.flat()) - 0.7)).toBeLessThan(0.004);
    const byRow = Array.from({ length: ROWS }, (_, row) =>
      mean(kept.flatMap((mask) => mask.slice(row * COLUMNS, (row + 1) * COLUMNS))),
    );
    const byColumn = Array.from({ length: COLUMNS }, (_, column) =>
      mean(kept.flatMap((mask) => mask.filter((__, index) => index % COLUMNS === column))),
    );
    // 10,000 and 800 draws each, standard deviations 0.0046 and 0.0162; the furthest of 32 and of 400
    expect(Math.max(...byRow.map((each) => Math.abs(each - 0.7)))).toBeLessThan(0.02);
    expect(Math.max(...byColumn.map((each) => Math.abs(each - 0.7)))).toBeLessThan(0.075);
    for (let seed = 1; seed < kept.length; seed++) {
      expect(Math.abs(correlation(kept[seed]!, kept[seed - 1]!))).toBeLessThan(0.045);
    }
    const rows = Array.from({ length: ROWS }, (_, row) => kept[0]!.slice(row * COLUMNS, (row + 1) * COLUMNS));
    for (let row = 1; row < ROWS; row++) expect(Math.abs(correlation(rows[row]!, rows[row - 1]!))).toBeLessThan(0.25);
    await session.release();
  });

  test('of two nodes has two masks, of one seed the same mask again', async () => {
    const [first, second] = [await open(0.5, 0), await open(0.5, 1)];
    const mask = await masked(first, 5);
    expect(await masked(first, 5)).toEqual(mask);
    expect(await masked(first, 6)).not.toEqual(mask);
    expect(await masked(second, 5)).not.toEqual(mask);
    await Promise.all([first.release(), second.release()]);
  });

  test('drops half where the model names no ratio, nothing where the ratio is 0', async () => {
    const [half, none] = [await open(undefined), await open(0)];
    expect(new Set(await masked(half, 1))).toEqual(new Set([0, 2]));
    expect(new Set(await masked(none, 1))).toEqual(new Set([1]));
    await Promise.all([half.release(), none.release()]);
  });

  test('has seeds that differ by agent, round, epoch and step', () => {
    const key = { seed: 1, job: 'job', round: 1, agent: 'navy/ship' };
    const seeds = [
      ...[dropoutSeed(key, 1, 0), dropoutSeed(key, 1, 1), dropoutSeed(key, 2, 0)],
      ...[dropoutSeed({ ...key, round: 2 }, 1, 0), dropoutSeed({ ...key, agent: 'army/truck' }, 1, 0)],
    ];
    expect(new Set(seeds).size).toBe(5);
    expect(dropoutSeed({ ...key }, 1, 0)).toBe(seeds[0]);
  });
});

/** The small mlp with a Dropout behind its first layer, as exporters write it. */
function dropped(ratio: Tensor | undefined, mode: readonly string[] = []): Uint8Array {
  const { opset, graph } = decodeModel(mlp({ sizes: [4, 3, 2], seed: 1, shape: [4] }));
  const initializers = new Map(graph.initializers);
  if (ratio !== undefined) initializers.set('ratio', ratio);
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node.operator !== 'Relu') return [node];
    const inputs = ['raw', ratio === undefined ? '' : 'ratio', ...mode];
    const drop = { name: 'drop', operator: 'Dropout', inputs, outputs: node.outputs, attributes: {} };
    return [{ ...node, outputs: ['raw'] }, drop];
  });
  return encodeModel({ opset, graph: { ...graph, initializers, nodes } });
}

describe('a model with Dropout', () => {
  test('is evaluated as if it had none', async () => {
    const run = async (model: Uint8Array): Promise<unknown> => {
      const { opset, input, output, nodes, constants } = specialise(decodeModel(model), 2);
      const initializers = new Map(constants);
      for (const { name, shape, data } of initialParameters(model)) {
        initializers.set(name, { dtype: 'float32', shape, data });
      }
      const graph = { name: 'forward', inputs: [input], outputs: [output], initializers, nodes };
      const session = await openSession(encodeModel({ opset: Math.max(18, opset), graph }));
      const feeds = { [input.name]: tensor(Float32Array.of(1, 2, 3, 4, -1, 2, -3, 4), [2, 4]) };
      const result = (await session.run(feeds))[output.name]!.data;
      await session.release();
      return result;
    };
    expect(await run(dropped(floats([], [0.5])))).toEqual(await run(mlp({ sizes: [4, 3, 2], seed: 1, shape: [4] })));
  });

  test('trains with it, in whichever mode it was exported', () => {
    const inputs = (model: Uint8Array): string[] =>
      decodeModel(buildTrainStep(model, plainOptions(2))).graph.inputs.map(({ name }) => name);
    expect(inputs(dropped(undefined))).toContain('step:seed');
    expect(inputs(dropped(floats([], [0.5])))).toContain('step:seed');
    expect(inputs(mlp({ sizes: [4, 3, 2], seed: 1 }))).not.toContain('step:seed');
  });

  test.each([1, -0.1, Number.NaN])('is refused with the ratio %f', (ratio) => {
    expect(refusal(() => buildTrainStep(dropped(floats([], [ratio])), plainOptions(2)))).toMatchObject({
      code: 'ERR_MODEL_MALFORMED',
      details: { node: 'drop' },
    });
  });

  test('is refused where its ratio is computed', () => {
    const { opset, graph } = decodeModel(dropped(undefined));
    const nodes = graph.nodes.map((node) =>
      node.operator === 'Dropout' ? { ...node, inputs: ['raw', 'dense2.bias'] } : node,
    );
    const model = encodeModel({ opset, graph: { ...graph, nodes } });
    expect(refusal(() => buildTrainStep(model, plainOptions(2)))).toMatchObject({ code: 'ERR_OPERATOR_UNSUPPORTED' });
  });
});
