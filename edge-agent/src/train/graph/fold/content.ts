// A constant's content as plain numbers while it is folded, and back: integers exact, floats rounded to float32 once.
import type { ElementType, Shape, Tensor } from '../graph.ts';

export interface Content {
  readonly dtype: ElementType;
  readonly shape: Shape;
  /** Row-major; booleans are 0 and 1. */
  readonly values: readonly number[];
}

/** Exporters write "to the end" as the largest int64: here it is the largest integer that a number holds. */
function exact(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.min(Math.max(Math.trunc(value), Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}

export function contentOf({ dtype, shape, data }: Tensor): Content {
  const values = Array.from<number | bigint, number>(data, Number);
  return { dtype, shape, values: dtype === 'int64' ? values.map(exact) : values };
}

export function tensorOf({ dtype, shape, values }: Content): Tensor {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(values) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(values) };
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(values, (value) => BigInt(exact(value))) };
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)) };
  }
}

/** How many elements apart neighbours along each axis lie. */
export function stridesOf(shape: Shape): number[] {
  const strides = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** The elements at an offset and with strides of their own: a transposed, sliced or stretched view, row-major. */
export function viewed(content: Content, shape: Shape, strides: readonly number[], offset = 0): Content {
  const positions = shape.reduce<number[]>(
    (all, size, axis) => all.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * (strides[axis] ?? 0))),
    [offset],
  );
  return { dtype: content.dtype, shape, values: positions.map((at) => content.values[at] ?? 0) };
}

/** Stretched to a shape it broadcasts to. */
export function stretched(content: Content, shape: Shape): Content {
  const lead = shape.length - content.shape.length;
  const own = stridesOf(content.shape);
  const strides = shape.map((_, axis) => ((content.shape[axis - lead] ?? 1) === 1 ? 0 : (own[axis - lead] ?? 0)));
  return viewed(content, shape, strides);
}
