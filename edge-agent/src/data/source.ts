// What training and evaluation take their examples from: a source that reads any of them, wherever they lie.

/** Element types that examples may have. */
export type Dtype = 'float32' | 'int32' | 'int64';

export type Features = Float32Array | Int32Array | BigInt64Array;

/** Classes are int32, one an example or one a position; binary and value targets are float32, `width` an example. */
export type Targets = Int32Array | Float32Array;

/** What is to be learnt of an example. */
export type Target =
  /** one of so many classes; at each of several positions, where there are any (the pixels of a segmentation) */
  | { readonly kind: 'class'; readonly classes: number; readonly positions?: number }
  /** so many questions, each answered with 0 or 1 */
  | { readonly kind: 'binary'; readonly width: number }
  /** so many real numbers */
  | { readonly kind: 'value'; readonly width: number };

/** Shapes and types of the examples of a data set. */
export interface ExampleLayout {
  /** Shape of one example, e.g. [1, 28, 28]. */
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  readonly target: Target;
  /** Number of examples. */
  readonly examples: number;
}

/** Some examples, as they were asked for: row-major [count, ...shape] and [count] or [count, width]. */
export interface Examples {
  readonly features: Features;
  readonly targets: Targets;
}

/** Examples that a source of this process has decoded, into records of a scratch file that it keeps open. */
export interface DecodedData {
  readonly kind: 'decoded';
  /** of the file that they come from, for errors */
  readonly name: string;
  readonly layout: ExampleLayout;
  readonly descriptor: number;
  readonly bytes: number;
}

/** Examples that are read as they are needed; they may be more than fit in memory. */
export interface ExampleSource extends ExampleLayout {
  /** How other threads read what was decoded for this source, until it is closed. */
  readonly decoded?: DecodedData;
  /** All examples, where they are in memory anyway. */
  readonly whole?: Examples;
  /**
   * Reads examples, in the order of the indices.
   * @throws TypeError for an index that does not exist
   * @throws MusterError ERR_DATA_MALFORMED when what is read is not what it was when the source was opened
   */
  read(indices: Int32Array): Promise<Examples>;
  /** The canonical bytes of the examples from … to - 1, as a data-set root commits to them. */
  leaves(from: number, to: number): Promise<readonly Uint8Array[]>;
  close(): Promise<void>;
}

const BYTES: Record<Dtype, number> = { float32: 4, int32: 4, int64: 8 };

/** Elements of one example. */
export function elementsOf({ shape }: Pick<ExampleLayout, 'shape'>): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Numbers that the target of one example takes. */
export function widthOf(target: Target): number {
  return target.kind === 'class' ? (target.positions ?? 1) : target.width;
}

/** Bytes that one example takes in memory, its target included. */
export function exampleBytes(layout: Omit<ExampleLayout, 'examples'>): number {
  return elementsOf(layout) * BYTES[layout.dtype] + 4 * widthOf(layout.target);
}

/** Room for so many examples. */
export function emptyExamples(layout: Omit<ExampleLayout, 'examples'>, count: number): Examples {
  const size = count * elementsOf(layout);
  const width = count * widthOf(layout.target);
  const features =
    layout.dtype === 'float32'
      ? new Float32Array(size)
      : layout.dtype === 'int32'
        ? new Int32Array(size)
        : new BigInt64Array(size);
  return { features, targets: layout.target.kind === 'class' ? new Int32Array(width) : new Float32Array(width) };
}

/** The indices from … to - 1. */
export function range(from: number, to: number): Int32Array {
  return Int32Array.from({ length: to - from }, (_, place) => from + place);
}

/** @throws TypeError for an index that is no example's */
export function checkIndices(indices: Int32Array, examples: number): void {
  const stray = indices.find((index) => index < 0 || index >= examples);
  if (stray !== undefined) throw new TypeError(`example ${stray} does not exist`);
}

/** Copies one example's part of an array to a place of another. */
export function copyRow(
  from: Features | Targets,
  row: number,
  to: Features | Targets,
  place: number,
  size: number,
): void {
  // both are of one layout, so of one type; their set() cannot be called on the union
  (to as Float32Array).set((from as Float32Array).subarray(row * size, (row + 1) * size), place * size);
}
