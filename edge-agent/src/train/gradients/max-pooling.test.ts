// The gradient of a pool whose windows are tiles, against the rule said in plain words: the first maximum of a tile takes it all.
import { expect, test } from '@jest/globals';
import { encodeModel, GraphBuilder, ints, type Shape } from '../graph/index.ts';
import { seededRandom } from '../random.ts';
import { openSession, tensor } from '../session.ts';
import { differentiate } from './differentiate.ts';

const [N, C, H, W] = [2, 3, 6, 8];

/** Few different values, so that most tiles hold several maxima. */
function fewValues(): Float32Array {
  const random = seededRandom('max-pooling');
  return Float32Array.from({ length: N * C * H * W }, () => random.below(4) - 2);
}

/** Number by number, in the order of rows. */
function oracle(x: Float32Array, dy: Float32Array, [rows, columns]: readonly [number, number]): Float32Array {
  const dx = new Float32Array(x.length);
  let tile = 0;
  for (let plane = 0; plane < N * C; plane++) {
    for (let top = 0; top < H; top += rows) {
      for (let left = 0; left < W; left += columns) {
        let best = -1;
        for (let place = 0; place < rows * columns; place++) {
          const at = plane * H * W + (top + Math.floor(place / columns)) * W + left + (place % columns);
          if (best < 0 || x[at]! > x[best]!) best = at;
        }
        dx[best] = dy[tile++]!;
      }
    }
  }
  return dx;
}

async function gradientOf(x: Float32Array, dy: Float32Array, kernel: readonly [number, number]): Promise<Float32Array> {
  const graph = new GraphBuilder();
  const [full, pooled]: Shape[] = [
    [N, C, H, W],
    [N, C, H / kernel[0], W / kernel[1]],
  ];
  graph.reserve(['x', 'dy']);
  graph.op('MaxPool', ['x'], { kernel_shape: ints(kernel), strides: ints(kernel) }, 'y');
  graph.shapes.set('x', full!).set('y', pooled!);
  const gradient = differentiate(graph, 'y', 'dy', new Set(['x']), new Map()).get('x')!;
  expect(graph.nodes.filter(({ outputs }) => outputs.length > 1)).toEqual([]);
  const bytes = encodeModel({
    opset: 18,
    graph: {
      name: 'pool',
      inputs: [
        { name: 'x', dtype: 'float32', shape: full! },
        { name: 'dy', dtype: 'float32', shape: pooled! },
      ],
      outputs: [{ name: gradient, dtype: 'float32', shape: full! }],
      initializers: graph.initializers,
      nodes: graph.nodes,
    },
  });
  const session = await openSession(bytes);
  const { [gradient]: dx } = await session.run({ x: tensor(x, full!), dy: tensor(dy, pooled!) });
  await session.release();
  return dx!.data as Float32Array;
}

test.each<readonly [number, number]>([
  [2, 2],
  [3, 4],
  [1, 2],
])('the first of equal maxima of a tile of %d by %d is given its adjoint', async (rows, columns) => {
  const random = seededRandom('adjoint');
  const x = fewValues();
  const dy = Float32Array.from({ length: x.length / (rows * columns) }, () => random.uniform() + 1);
  expect(await gradientOf(x, dy, [rows, columns])).toEqual(oracle(x, dy, [rows, columns]));
});
