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

const at = (list: readonly number[], axis: number): number => list[axis] ?? 0;

function stepsOf(node: Node, axes: number, kernel: readonly number[]): Pick<Window, 'strides' | 'dilations'> {
  const strides = intsOf(node, 'strides') ?? Array<number>(axes).fill(1);
  const dilations = intsOf(node, 'dilations') ?? Array<number>(axes).fill(1);
  if (kernel.length !== axes || strides.length !== axes || dilations.length !== axes) {
    throw misshapen(node, `its window has not the ${axes} spatial axes of its input`);
  }
  if ([...kernel, ...strides, ...dilations].some((each) => each < 1)) throw misshapen(node, 'its window is empty');
  return { strides, dilations };
}

function checkPads(node: Node, pads: readonly number[], axes: number): void {
  if (pads.length !== 2 * axes || pads.some((each) => each < 0)) throw misshapen(node, 'its pads are malformed');
}

/**
 * Resolves a node's window over an input.
 * @param spatial sizes of the input's spatial axes, that is without batch and channels
 * @throws MusterError ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED (an unknown auto_pad)
 */
export function windowOf(node: Node, spatial: readonly number[], kernel: readonly number[]): Window {
  const axes = spatial.length;
  const { strides, dilations } = stepsOf(node, axes, kernel);
  const extent = kernel.map((size, axis) => (size - 1) * at(dilations, axis) + 1);
  const needed = spatial.map((size, axis) => {
    const stride = at(strides, axis);
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + at(extent, axis) - size);
  });
  const pads = padsOf(node, axes, needed);
  checkPads(node, pads, axes);
  const padsBegin = pads.slice(0, axes);
  const padsEnd = pads.slice(axes);
  const ceiling = intOf(node, 'ceil_mode', 0) !== 0;
  const output = spatial.map((size, axis) => {
    const padded = size + at(padsBegin, axis) + at(padsEnd, axis);
    const places = (padded - at(extent, axis)) / at(strides, axis);
    if (!ceiling) return Math.floor(places) + 1;
    // A last window that would start behind the input and its begin pads, in end pads alone, is left out.
    const last = Math.ceil(places);
    return last * at(strides, axis) >= size + at(padsBegin, axis) ? last : last + 1;
  });
  if (output.some((size) => size < 1)) throw misshapen(node, 'its window is larger than its input');
  return { kernel, strides, dilations, padsBegin, padsEnd, output };
}

/** What of the input's end no window reaches, per axis: there the gradient is zero. Less than 0 where ceil_mode reaches beyond. */
export function remainderOf(window: Window, spatial: readonly number[]): number[] {
  return spatial.map((size, axis) => {
    const extent = (at(window.kernel, axis) - 1) * at(window.dilations, axis) + 1;
    const reached = (at(window.output, axis) - 1) * at(window.strides, axis) + extent;
    return size + at(window.padsBegin, axis) + at(window.padsEnd, axis) - reached;
  });
}

/**
 * The window of the convolution that a ConvTranspose is the adjoint of: it goes over the ConvTranspose's output.
 * @param spatial sizes of the ConvTranspose's input's spatial axes; they are the window's `output`
 * @returns the window, and in `whole` the sizes of the ConvTranspose's output
 * @throws MusterError ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED (output_shape, auto_pad SAME, output_padding not below the stride)
 */
export function transposedWindowOf(
  node: Node,
  spatial: readonly number[],
  kernel: readonly number[],
): Window & { readonly whole: readonly number[] } {
  const axes = spatial.length;
  const { strides, dilations } = stepsOf(node, axes, kernel);
  if (intsOf(node, 'output_shape') !== undefined) throw unsupported(node, 'output_shape instead of output_padding');
  if (stringOf(node, 'auto_pad', 'NOTSET').startsWith('SAME')) throw unsupported(node, 'auto_pad SAME');
  const extra = intsOf(node, 'output_padding') ?? Array<number>(axes).fill(0);
  const pads = padsOf(node, axes, []);
  checkPads(node, pads, axes);
  if (extra.length !== axes || extra.some((each, axis) => each < 0 || each >= at(strides, axis))) {
    throw unsupported(node, 'output_padding that is not below its stride');
  }
  const [padsBegin, padsEnd] = [pads.slice(0, axes), pads.slice(axes)];
  const whole = spatial.map((size, axis) => {
    const extent = (at(kernel, axis) - 1) * at(dilations, axis) + 1;
    return at(strides, axis) * (size - 1) + at(extra, axis) + extent - at(padsBegin, axis) - at(padsEnd, axis);
  });
  if (whole.some((size) => size < 1)) throw misshapen(node, 'its pads leave nothing of its output');
  return { kernel, strides, dilations, padsBegin, padsEnd, output: spatial, whole };
}
