// Examples as an artefact: safetensors of `features` [examples, …shape] and `targets` [examples] or [examples, width]. Integers are
// I32, all else F32; the layout that goes with it says what they stand for.
import {
  decodeTensors,
  encodeTensors,
  MusterError,
  ROOT_BYTES_MAX,
  type RootLayout,
  type Tensor,
} from '@muster/protocol';
import { inMemory, openSource, type DataOrigin } from './origin.ts';
import { emptyExamples, exampleBytes, range, widthOf, type Examples, type ExampleLayout } from './source.ts';

function refuse(reason: string): never {
  throw new MusterError('ERR_DATA_MALFORMED', { reason });
}

/** What the terms tell, as sources tell it. */
export function asExampleLayout({ target, ...rest }: RootLayout): ExampleLayout {
  if (target.kind !== 'class') return { ...rest, target };
  const { kind, classes, positions } = target;
  return { ...rest, target: positions === undefined ? { kind, classes } : { kind, classes, positions } };
}

/** Shapes and names of the two tensors, in their order. */
function shapesOf({ shape, target, examples }: ExampleLayout): readonly [string, readonly number[]][] {
  const width = target.kind === 'class' && target.positions === undefined ? [] : [widthOf(target)];
  return [
    ['features', [examples, ...shape]],
    ['targets', [examples, ...width]],
  ];
}

/** Codes of 64 bits as numbers of 32. */
function asInt32(values: BigInt64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    const narrow = BigInt.asIntN(32, value);
    return narrow === value ? Number(narrow) : refuse(`${value} is beyond 32 bits`);
  });
}

function encode({ features, targets }: Examples, layout: ExampleLayout): Uint8Array {
  const data = [features instanceof BigInt64Array ? asInt32(features) : features, targets];
  return encodeTensors(shapesOf(layout).map(([name, shape], i) => ({ name, shape, data: data[i] as Tensor['data'] })));
}

/**
 * Reads a small data set as a whole and encodes it.
 * @returns its bytes, and the layout that terms name beside them
 * @throws ERR_DATA_MALFORMED, also where it takes more than {@link ROOT_BYTES_MAX} bytes
 */
export async function encodeExamples(
  origin: DataOrigin,
): Promise<{ readonly bytes: Uint8Array; readonly layout: RootLayout }> {
  const source = await openSource(origin);
  try {
    const { shape, dtype, target, examples } = source;
    const layout: ExampleLayout = { shape, dtype, target, examples };
    const size = exampleBytes(layout) * examples;
    if (size > ROOT_BYTES_MAX) refuse(`${examples} examples take ${size} bytes, the limit is ${ROOT_BYTES_MAX}`);
    const bytes = encode(await source.read(range(0, examples)), layout);
    return { bytes, layout: { ...layout, shape: [...shape] } };
  } finally {
    await source.close();
  }
}

/**
 * Examples from {@link encodeExamples}' bytes, in memory.
 * @throws ERR_TENSORS_MALFORMED, ERR_DATA_MALFORMED where they are not laid out so
 */
export function decodeExamples(bytes: Uint8Array, told: RootLayout): DataOrigin {
  const layout = asExampleLayout(told);
  const tensors = decodeTensors(bytes);
  const expected = shapesOf(layout).map(([name, shape]) => `${name} [${shape.join()}]`);
  const actual = tensors.map(({ name, shape }) => `${name.slice(0, 80)} [${shape.join()}]`);
  if (actual.join() !== expected.join()) refuse(`${actual.join(', ')}, which is not ${expected.join(', ')}`);
  const into = emptyExamples(layout, 0);
  const [features, targets] = [into.features, into.targets].map((kind, i) => {
    const { data, name } = tensors[i] as Tensor;
    if (kind instanceof BigInt64Array && data instanceof Int32Array) return BigInt64Array.from(data, BigInt);
    return data.constructor === kind.constructor ? data : refuse(`${name} are of another type`);
  }) as [Examples['features'], Examples['targets']];
  return inMemory({ ...layout, features, targets });
}
