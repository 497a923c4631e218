// Folding of what moves, picks, makes and reduces values.
import { attributeTensor, intOf } from '../attributes.ts';
import { sizeOf } from '../graph.ts';
import { axisOf, permutationOf } from '../shapes/geometry.ts';
import { slicesOf } from '../shapes/indexing.ts';
import { reducedAxes, reducedShape } from '../shapes/reduction.ts';
import { contentOf, stretched, stridesOf, viewed, type Content } from './content.ts';
import type { FoldRule } from './rule.ts';

/** Reshape, Squeeze, Unsqueeze, Flatten: the type rules know the shape, the content stays. */
const renamed: FoldRule = (_node, { input }, [shape = []]) => [{ ...input(0), shape }];

const transpose: FoldRule = (node, { input }, [shape = []]) => {
  const strides = stridesOf(input(0).shape);
  return [
    viewed(
      input(0),
      shape,
      permutationOf(node, shape.length).map((from) => strides[from] ?? 0),
    ),
  ];
};

const slice: FoldRule = (node, { input, constant }, [shape = []]) => {
  const strides = stridesOf(input(0).shape);
  let offset = 0;
  for (const { axis, start, step } of slicesOf(node, input(0).shape, { constant })) {
    offset += start * (strides[axis] ?? 0);
    strides[axis] = (strides[axis] ?? 0) * step;
  }
  return [viewed(input(0), shape, strides, offset)];
};

const split: FoldRule = (node, { input }, shapes) => {
  const strides = stridesOf(input(0).shape);
  const axis = axisOf(node, intOf(node, 'axis', 0), input(0).shape.length);
  let start = 0;
  return shapes.map((shape) => {
    const part = viewed(input(0), shape, strides, start * (strides[axis] ?? 0));
    start += shape[axis] ?? 0;
    return part;
  });
};

const concat: FoldRule = (node, { inputs }, [shape = []]) => {
  const axis = axisOf(node, intOf(node, 'axis', 0), shape.length);
  const [first] = inputs;
  const rows = sizeOf(shape.slice(0, axis));
  const values = Array.from({ length: rows }, (_, row) =>
    inputs.flatMap((part) => {
      const each = part.values.length / rows;
      return part.values.slice(row * each, (row + 1) * each);
    }),
  );
  return first && [{ dtype: first.dtype, shape, values: values.flat() }];
};

const gather: FoldRule = (node, { input }, [shape = []]) => {
  const [data, indices] = [input(0), input(1)];
  const axis = axisOf(node, intOf(node, 'axis', 0), data.shape.length);
  const inner = sizeOf(data.shape.slice(axis + 1));
  const size = data.shape[axis] ?? 1;
  const values: number[] = [];
  for (let outer = 0; outer < sizeOf(data.shape.slice(0, axis)); outer++) {
    for (const index of indices.values) {
      const at = (outer * size + axisOf(node, index, size)) * inner;
      values.push(...data.values.slice(at, at + inner));
    }
  }
  return [{ dtype: data.dtype, shape, values }];
};

/** A reduction with a start and a step, over any axes: each element falls to the result it belongs to. */
function reduction(start: number | undefined, apply: (sofar: number, value: number) => number): FoldRule {
  return (node, { input, constant }, [shape = []]) => {
    const { dtype, shape: from, values } = input(0);
    const axes = reducedAxes(node, { input: () => from, constant });
    const kept = reducedShape(from, axes, true);
    const positions = stretched(
      { dtype: 'int64', shape: kept, values: Array.from({ length: sizeOf(kept) }, (_, i) => i) },
      from,
    );
    const results = Array<number | undefined>(sizeOf(kept)).fill(start);
    for (const [i, to] of positions.values.entries()) {
      const sofar = results[to];
      results[to] = sofar === undefined ? values[i] : apply(sofar, values[i] ?? 0);
    }
    if (dtype === 'float32' || results.includes(undefined)) return undefined;
    return [{ dtype, shape, values: results.map((value) => value ?? 0) }];
  };
}

const constantOfShape: FoldRule = (node, _inputs, [shape = []]) => {
  const value = attributeTensor(node, 'value');
  const one: Content = value === undefined ? { dtype: 'float32', shape: [], values: [0] } : contentOf(value);
  return [stretched({ ...one, shape: [] }, shape)];
};

export const LAYOUT: readonly (readonly [string, FoldRule])[] = [
  ['Concat', concat],
  ['ConstantOfShape', constantOfShape],
  ['Expand', (_node, { input }, [shape = []]) => [stretched(input(0), shape)]],
  ['Flatten', renamed],
  ['Gather', gather],
  ['ReduceMax', reduction(undefined, Math.max)],
  ['ReduceMin', reduction(undefined, Math.min)],
  ['ReduceProd', reduction(1, (a, b) => a * b)],
  ['ReduceSum', reduction(0, (a, b) => a + b)],
  ['Reshape', renamed],
  ['Slice', slice],
  ['Split', split],
  ['Squeeze', renamed],
  ['Transpose', transpose],
  ['Unsqueeze', renamed],
];
