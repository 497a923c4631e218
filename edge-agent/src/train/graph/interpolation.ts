// Resize as a matrix along each axis: output size, coordinates and weights as the ONNX operator specification defines them.
import { intOf, intsOf, misshapen, stringOf, unsupported } from './attributes.ts';
import type { Node, Tensor } from './graph.ts';

/** One axis: its sizes, and the scale that coordinates are computed with. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

function numbersOf(node: Node, index: number, constant: (index: number) => Tensor | undefined): number[] | undefined {
  if (!node.inputs[index]) return undefined;
  const tensor = constant(index);
  if (tensor === undefined) throw unsupported(node, 'its sizes or scales must be known before the graph runs');
  return tensor.data.length === 0 ? undefined : Array.from<number | bigint, number>(tensor.data, Number);
}

/**
 * Sizes and scales of a Resize.
 * @throws MusterError ERR_MODEL_SHAPE, ERR_OPERATOR_UNSUPPORTED (axes, antialias, aspect ratio policies, cubic, sizes known late)
 */
export function resizeOf(
  node: Node,
  shape: readonly number[],
  constant: (index: number) => Tensor | undefined,
): { readonly output: number[]; readonly scales: number[] } {
  if (intsOf(node, 'axes') !== undefined) throw unsupported(node, 'axes');
  if (intOf(node, 'antialias', 0) !== 0) throw unsupported(node, 'antialias');
  if (stringOf(node, 'keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    throw unsupported(node, 'its aspect ratio policy');
  const mode = stringOf(node, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear') throw unsupported(node, `mode ${mode}`);
  const given = numbersOf(node, 2, constant);
  const sizes = numbersOf(node, 3, constant);
  const scales = given ?? shape.map((size, axis) => (sizes?.[axis] ?? 0) / size);
  const output = sizes ?? shape.map((size, axis) => Math.floor(size * (scales[axis] ?? 0)));
  if (output.length !== shape.length || output.some((size) => !Number.isSafeInteger(size) || size < 1)) {
    throw misshapen(node, `[${shape.join()}] cannot become [${output.join()}]`);
  }
  return { output, scales };
}

/** Where in the input a place of the output lies. */
function coordinate(node: Node, { from, to, scale }: Stretch, place: number): number {
  const mode = stringOf(node, 'coordinate_transformation_mode', 'half_pixel');
  switch (mode) {
    case 'asymmetric':
      return place / scale;
    case 'half_pixel':
      return (place + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return to > 1 ? (place + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return to > 1 ? (place * (from - 1)) / (to - 1) : 0;
    default:
      throw unsupported(node, `coordinate_transformation_mode ${mode}`);
  }
}

const ROUNDINGS: ReadonlyMap<string, (at: number) => number> = new Map([
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['round_prefer_floor', (at: number) => Math.ceil(at - 0.5)],
  ['round_prefer_ceil', (at: number) => Math.floor(at + 0.5)],
]);

/**
 * The transposed interpolation matrix of one axis.
 * @returns row-major [from, to]: how much of each input place is in each output place
 */
export function interpolationOf(node: Node, stretch: Stretch): Float32Array {
  const { from, to } = stretch;
  const matrix = new Float32Array(from * to);
  const inside = (at: number): number => Math.min(from - 1, Math.max(0, at));
  const add = (at: number, place: number, share: number): void => {
    matrix[at * to + place] = (matrix[at * to + place] ?? 0) + share;
  };
  const rounding = ROUNDINGS.get(stringOf(node, 'nearest_mode', 'round_prefer_floor'));
  if (rounding === undefined) throw unsupported(node, 'its nearest_mode');
  for (let place = 0; place < to; place++) {
    const at = coordinate(node, stretch, place);
    if (stringOf(node, 'mode', 'nearest') === 'nearest') {
      add(inside(rounding(at)), place, 1);
      continue;
    }
    const low = Math.floor(inside(at));
    const share = inside(at) - low;
    add(low, place, 1 - share);
    add(inside(low + 1), place, share);
  }
  return matrix;
}
