// Relu and MaxPool exchanged: where it is done, where it is not, and that it changes no number.
import { expect, test } from '@jest/globals';
import { differentiate } from '../gradients/differentiate.ts';
import { encodeModel, GraphBuilder, int, ints, type Attribute, type Node } from '../graph/index.ts';
import { seededRandom } from '../random.ts';
import { openSession, tensor } from '../session.ts';
import { poolBeforeRelu } from './pool-before-relu.ts';

const SHAPE = [2, 3, 6, 8];
const POOLED = [2, 3, 3, 4];
const TILES = { kernel_shape: ints([2, 2]), strides: ints([2, 2]) };

/** Relu, then a pool. */
function forward(attributes: Record<string, Attribute> = TILES): GraphBuilder {
  const graph = new GraphBuilder();
  graph.op('Relu', ['x'], {}, 'cut');
  graph.op('MaxPool', ['cut'], attributes, 'y');
  graph.shapes.set('x', SHAPE).set('cut', SHAPE).set('y', POOLED);
  return graph;
}

const operators = (nodes: readonly Node[]): string[] => nodes.map(({ operator }) => operator);

/** The pooled values and the gradient of the input. */
async function run(graph: GraphBuilder): Promise<number[][]> {
  graph.reserve(['x', 'dy', 'cut', 'y']);
  const dx = differentiate(graph, 'y', 'dy', new Set(['x']), new Map()).get('x')!;
  const bytes = encodeModel({
    opset: 18,
    graph: {
      name: 'pool',
      inputs: [
        { name: 'x', dtype: 'float32', shape: SHAPE },
        { name: 'dy', dtype: 'float32', shape: POOLED },
      ],
      outputs: [
        { name: 'y', dtype: 'float32', shape: POOLED },
        { name: dx, dtype: 'float32', shape: SHAPE },
      ],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
  const random = seededRandom('pool-before-relu');
  // many ties, above zero and below
  const x = Float32Array.from({ length: 2 * 3 * 6 * 8 }, () => (random.below(5) - 2) / 3);
  const dy = Float32Array.from({ length: 2 * 3 * 3 * 4 }, () => random.uniform() - 0.5);
  const session = await openSession(bytes);
  const outputs = await session.run({ x: tensor(x, SHAPE), dy: tensor(dy, POOLED) });
  await session.release();
  // 0 and -0 are one number
  return ['y', dx].map((name) => Array.from(outputs[name]!.data as Float32Array, (value) => value + 0));
}

test('pooled values and gradients are the same numbers with Relu and MaxPool exchanged', async () => {
  const changed = forward();
  const nodes = poolBeforeRelu(changed.nodes, 'y', changed);
  expect(operators(nodes)).toEqual(['MaxPool', 'Relu']);
  expect(changed.shapes.get('cut')).toEqual(POOLED);
  changed.nodes.splice(0, changed.nodes.length, ...nodes);
  expect(await run(changed)).toEqual(await run(forward()));
});

test('a Relu stays where something else reads it, where it is the output, and where a pad may be a maximum', () => {
  const read = forward();
  read.op('Neg', ['cut']);
  expect(operators(poolBeforeRelu(read.nodes, 'y', read))).toEqual(['Relu', 'MaxPool', 'Neg']);
  const output = forward();
  expect(operators(poolBeforeRelu(output.nodes, 'cut', output))).toEqual(['Relu', 'MaxPool']);
  for (const attributes of [
    { ...TILES, pads: ints([1, 1, 1, 1]) },
    { ...TILES, ceil_mode: int(1) },
    { ...TILES, auto_pad: { kind: 'string' as const, value: 'SAME_UPPER' } },
  ]) {
    const padded = forward(attributes);
    expect(operators(poolBeforeRelu(padded.nodes, 'y', padded))).toEqual(['Relu', 'MaxPool']);
    expect(padded.shapes.get('cut')).toEqual(SHAPE);
  }
});
