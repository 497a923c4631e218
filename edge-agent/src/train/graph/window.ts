// The geometry of sliding windows, shared by Conv and the pools, forward and backward (ONNX operator specification).
import { intOf, intsOf, misshapen, stringOf, unsupported } from './attributes.ts';
import type { Node } from './graph.ts';

/** One entry per spatial axis, in elements. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly output: readonly number[];
}

function padsOf(node: Node, axes: number, needed: readonly number[]): readonly number[] {
  const auto = stringOf(node, 'auto_pad', 'NOTSET');
  switch (auto) {
    case 'NOTSET':
      return intsOf(node, 'pads') ?? Array<number>(2 * axes).fill(0);
    case 'VALID':
      return Array<number>(2 * axes).fill(0);
    case 'SAME_UPPER':
      return [...needed.map((total) => Math.floor(total / 2)), ...needed.map((total) => Math.ceil(total / 2))];
    case 'SAME_LOWER':
      return [...needed.map((total) => Math.ceil(total / 2)), ...needed.map((total) => Math.floor(total / 2))];
    default:
      throw unsupported(node, `auto_pad ${auto}`);
  }
}

/**
 * Resolves a node's window over an input.
 * @param spatial sizes of the input's spatial axes, that is without batch and channels
 * @throws MusterError ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED (ceil_mode)
 */
export function windowOf(node: Node, spatial: readonly number[], kernel: readonly number[]): Window {
  const axes = spatial.length;
  if (intOf(node, 'ceil_mode', 0) !== 0) throw unsupported(node, 'ceil_mode');
  const strides = intsOf(node, 'strides') ?? Array<number>(axes).fill(1);
  const dilations = intsOf(node, 'dilations') ?? Array<number>(axes).fill(1);
  if (kernel.length !== axes || strides.length !== axes || dilations.length !== axes) {
    throw misshapen(node, `its window has not the ${axes} spatial axes of its input`);
  }
  const at = (list: readonly number[], axis: number): number => list[axis] ?? 0;
  if ([...kernel, ...strides, ...dilations].some((each) => each < 1)) throw misshapen(node, 'its window is empty');
  const extent = kernel.map((size, axis) => (size - 1) * at(dilations, axis) + 1);
  const needed = spatial.map((size, axis) => {
    const stride = at(strides, axis);
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + at(extent, axis) - size);
  });
  const pads = padsOf(node, axes, needed);
  if (pads.length !== 2 * axes || pads.some((each) => each < 0)) throw misshapen(node, 'its pads are malformed');
  const padsBegin = pads.slice(0, axes);
  const padsEnd = pads.slice(axes);
  const output = spatial.map((size, axis) => {
    const padded = size + at(padsBegin, axis) + at(padsEnd, axis);
    return Math.floor((padded - at(extent, axis)) / at(strides, axis)) + 1;
  });
  if (output.some((size) => size < 1)) throw misshapen(node, 'its window is larger than its input');
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}

/** What of the input's end no window reaches, per axis: there the gradient is zero. */
export function remainderOf(window: Window, spatial: readonly number[]): number[] {
  return spatial.map((size, axis) => {
    const at = (list: readonly number[]): number => list[axis] ?? 0;
    const reached = (at(window.output) - 1) * at(window.strides) + (at(window.kernel) - 1) * at(window.dilations) + 1;
    return size + at(window.padsBegin) + at(window.padsEnd) - reached;
  });
}
