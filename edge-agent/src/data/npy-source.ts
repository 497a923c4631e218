// Examples from arrays in NPY files or members of an NPZ archive: the first dimension counts examples.
import { malformed } from './malformed.ts';
import type { ArraysDescription } from './description.ts';
import { misfit, mistarget, normaliserOf, store } from './elements.ts';
import { decodeNpyHeader, NPY_HEADER_BYTES, type NpyHeader } from './npy.ts';
import { RecordFile } from './record-file.ts';
import { elementsOf, type ExampleLayout, type ExampleSource, type Target } from './source.ts';
import { valueSource } from './value-source.ts';
import { openZipMember, type FilePart } from './zip-member.ts';

interface NpyArray extends NpyHeader {
  readonly name: string;
  readonly file: RecordFile;
}

async function arrayOf({ file, start, bytes }: FilePart, name: string): Promise<NpyArray> {
  try {
    const head = await file.slice(start, Math.min(bytes, NPY_HEADER_BYTES));
    const header = decodeNpyHeader(head, bytes, name);
    return { ...header, start: start + header.start, name, file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openNpy(path: string): Promise<NpyArray> {
  const file = await RecordFile.open(path);
  return arrayOf({ file, start: 0, bytes: file.bytes }, path);
}

/** NumPy stores the array x as the member x.npy. */
async function openMember(path: string, array: string, scratch?: string): Promise<NpyArray> {
  const member = array.endsWith('.npy') ? array : `${array}.npy`;
  return arrayOf(await openZipMember(path, member, scratch), `${path}: ${member}`);
}

function targetOf({ target }: ArraysDescription, { shape, name }: NpyArray): Target {
  const width = elementsOf({ shape: shape.slice(1) });
  if (target.kind !== 'class') return { kind: target.kind, width };
  if (width !== 1) throw malformed(name, `has shape (${shape.join(', ')}), classes take one number an example`);
  return target;
}

function layoutOf(description: ArraysDescription, features: NpyArray, targets: NpyArray): ExampleLayout {
  const [examples = 0, ...rest] = features.shape;
  if (examples === 0 || features.shape.length < 2)
    throw malformed(features.name, `has shape (${features.shape.join(', ')})`);
  if (targets.shape[0] !== examples) {
    throw malformed(targets.name, `has ${targets.shape[0] ?? 0} targets of ${examples} examples`);
  }
  const shape = description.shape ?? rest;
  if (elementsOf({ shape }) !== elementsOf({ shape: rest }) || elementsOf({ shape }) === 0) {
    throw malformed(features.name, `has examples of shape (${rest.join(', ')}), which is not [${shape.join()}]`);
  }
  if (examples > 2 ** 31 - 1) throw malformed(features.name, `has ${examples} examples`);
  return { shape, dtype: description.dtype, target: targetOf(description, targets), examples };
}

function sourceOf(description: ArraysDescription, features: NpyArray, targets: NpyArray): ExampleSource {
  const layout = layoutOf(description, features, targets);
  const normalise = normaliserOf(description.normalise, layout.shape, features.name);
  const { target } = layout;
  const limit = target.kind === 'class' ? target.classes : target.kind === 'binary' ? 2 : undefined;
  /** Reads the numbers of some examples, checks them and hands them on. */
  const fill = async (
    array: NpyArray,
    indices: Int32Array,
    change: (value: number, element: number) => number,
    problemOf: (value: number) => string | undefined,
    put: (place: number, value: number) => void,
  ): Promise<void> => {
    const elements = elementsOf({ shape: array.shape.slice(1) });
    await array.file.read({ start: array.start, size: elements * array.itemBytes }, indices, (record, place) => {
      const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
      for (let element = 0; element < elements; element++) {
        const value = change(array.get(view, element * array.itemBytes), element);
        const problem = problemOf(value);
        if (problem !== undefined) {
          throw malformed(`${array.name}: example ${indices[place] ?? 0}, element ${element}`, `${value} ${problem}`);
        }
        put(place * elements + element, value);
      }
    });
  };
  return valueSource(layout, {
    async fill(indices, into) {
      const asIs = (value: number): number => value;
      const fits = (value: number): string | undefined => misfit(value, layout.dtype);
      await fill(features, indices, normalise, fits, (at, value) => store(into.features, at, value));
      const isTarget = (value: number): string | undefined => mistarget(value, limit);
      await fill(targets, indices, asIs, isTarget, (at, value) => (into.targets[at] = value));
    },
    async close() {
      await Promise.all([features.file.close(), targets.file.close()]);
    },
  });
}

/**
 * Opens arrays. Values are checked as they are read.
 * @param paths of features and targets; members' names and the archive in the case of NPZ
 * @param scratch folder for members that are compressed
 * @throws MusterError ERR_DATA_MALFORMED naming the array
 */
export async function openArraysSource(
  description: ArraysDescription,
  paths: { readonly features: string; readonly targets: string; readonly archive?: string },
  scratch?: string,
): Promise<ExampleSource> {
  const { archive } = paths;
  const open = (path: string): Promise<NpyArray> =>
    archive === undefined ? openNpy(path) : openMember(archive, path, scratch);
  const features = await open(paths.features);
  let targets: NpyArray | undefined;
  try {
    targets = await open(paths.targets);
    return sourceOf(description, features, targets);
  } catch (error) {
    await Promise.all([features.file.close(), targets?.file.close()]);
    throw error;
  }
}
