// How examples reach the train step: all at once where they fit in memory, portion by portion where they do not. Both ways
// the same batches are gathered, so the same bits come out.
import {
  elementsOf,
  exampleBytes,
  range,
  widthOf,
  type ExampleLayout,
  type Examples,
  type ExampleSource,
} from '../data/source.ts';

/** Memory for examples where nobody says otherwise: 256 MiB. */
export const DATA_BYTES = 1 << 28;

/** One call of the session: whole batches, the last of an epoch padded with examples of weight zero. */
export interface Run {
  /** The first of its steps within the epoch, from 0. */
  readonly step: number;
  readonly rows: number;
  /** [rows * batch], into the portion's examples */
  readonly indices: Int32Array;
  /** [rows * batch]: 1/n for the n examples of a batch, 0 for padding */
  readonly weights: Float32Array;
}

/** Examples, and the runs that take them. */
export interface Portion {
  readonly examples: Examples;
  readonly count: number;
  readonly runs: readonly Run[];
}

export interface FeedOptions {
  readonly batchSize: number;
  readonly stepsPerRun: number;
  /** Memory that examples may take. */
  readonly bytes: number;
}

const held = new WeakMap<ExampleSource, Promise<Examples>>();

/** All examples, where they fit in so many bytes; read once in a source's life. */
export async function wholeOf(source: ExampleSource, bytes: number): Promise<Examples | undefined> {
  if (source.whole !== undefined) return source.whole;
  if (source.examples * exampleBytes(source) > bytes) return undefined;
  const known = held.get(source) ?? source.read(range(0, source.examples));
  held.set(source, known);
  // a failure is not kept: the next call tries again
  known.catch(() => held.delete(source));
  return known;
}

function runOf(order: Int32Array, step: number, rows: number, size: number): Run {
  const indices = new Int32Array(rows * size);
  const weights = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const start = (step + row) * size;
    const count = Math.min(size, order.length - start);
    indices.set(order.subarray(start, start + count), row * size);
    weights.fill(1 / count, row * size, row * size + count);
  }
  return { step, rows, indices, weights };
}

function runsOf(order: Int32Array, from: number, to: number, { batchSize, stepsPerRun }: FeedOptions): Run[] {
  const runs: Run[] = [];
  for (let step = from; step < to; step += stepsPerRun) {
    runs.push(runOf(order, step, Math.min(stepsPerRun, to - step), batchSize));
  }
  return runs;
}

/** Steps of which the examples fit in so many bytes, at least one; whole runs where one fits. */
function stepsWithin(layout: ExampleLayout, bytes: number, { batchSize, stepsPerRun }: FeedOptions): number {
  const steps = Math.max(1, Math.floor(bytes / (exampleBytes(layout) * batchSize)));
  return steps > stepsPerRun ? steps - (steps % stepsPerRun) : steps;
}

/** Reads what some runs take, padding included, and has them count from the first of it. */
async function readPortion(source: ExampleSource, runs: readonly Run[]): Promise<Portion> {
  const sizes = runs.map(({ indices }) => indices.length);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = new Int32Array(count);
  let start = 0;
  const local = runs.map((run): Run => {
    wanted.set(run.indices, start);
    const indices = range(start, (start += run.indices.length));
    return { ...run, indices };
  });
  return { examples: await source.read(wanted), count, runs: local };
}

/**
 * Portions of one epoch. While one is trained on, the next is being read: at most two are in memory.
 * @param order in which the epoch visits the examples
 * @param from the first step that is wanted
 */
export async function* portions(
  source: ExampleSource,
  order: Int32Array,
  options: FeedOptions,
  from = 0,
): AsyncGenerator<Portion, void, undefined> {
  const steps = Math.ceil(order.length / options.batchSize);
  const whole = await wholeOf(source, options.bytes);
  if (whole !== undefined) {
    yield { examples: whole, count: source.examples, runs: runsOf(order, from, steps, options) };
    return;
  }
  const portion = stepsWithin(source, options.bytes / 2, options);
  const read = (first: number): Promise<Portion> | undefined => {
    if (first >= steps) return undefined;
    const coming = readPortion(source, runsOf(order, first, Math.min(steps, first + portion), options));
    // told when it is awaited; until then, and where training ends before, it is nobody's unhandled rejection
    coming.catch(() => undefined);
    return coming;
  };
  let coming = read(from);
  for (let next = from + portion; coming !== undefined; next += portion) {
    const current = await coming;
    coming = read(next);
    yield current;
  }
}

/** Examples in their own order, a batch at a time. */
export interface Batch extends Examples {
  readonly count: number;
}

/**
 * Batches of all examples in order; views where they are in memory.
 * @param bytes memory that examples may take
 */
export async function* batchesOf(
  source: ExampleSource,
  batchSize: number,
  bytes: number,
): AsyncGenerator<Batch, void, undefined> {
  const whole = await wholeOf(source, bytes);
  const fitting = batchSize * Math.max(1, Math.floor(bytes / (exampleBytes(source) * batchSize)));
  const portion = whole === undefined ? fitting : source.examples;
  for (let from = 0; from < source.examples; from += portion) {
    const to = Math.min(source.examples, from + portion);
    const read = whole ?? (await source.read(range(from, to)));
    for (let start = 0; start < to - from; start += batchSize) {
      const count = Math.min(batchSize, to - from - start);
      yield { count, ...rowsOf(source, read, start, start + count) };
    }
  }
}

/** A view of some rows. */
function rowsOf(layout: ExampleLayout, { features, targets }: Examples, from: number, to: number): Examples {
  const size = elementsOf(layout);
  const width = widthOf(layout.target);
  return {
    features: features.subarray(from * size, to * size),
    targets: targets.subarray(from * width, to * width),
  };
}
