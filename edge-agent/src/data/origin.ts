// Where a data set comes from, in a form that can be sent to a thread: whoever trains opens it there.
import { MusterError, parse } from '@muster/protocol';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openCsvSource } from './csv-source.ts';
import { descriptionSchema, type DataDescription } from './description.ts';
import { openIdxSource } from './idx-source.ts';
import { openImagesSource } from './images-source.ts';
import { memorySource, type DataSet } from './memory-source.ts';
import { openArraysSource } from './npy-source.ts';
import { openParquetSource } from './parquet-source.ts';
import type { DecodedData, ExampleSource } from './source.ts';
import { decodedSource } from './spooled-source.ts';
import { openTextSource } from './text-source.ts';
import type { DataFiles } from './write-subset.ts';

/** A description, and what its paths are relative to. */
export interface DescribedData {
  readonly kind: 'described';
  readonly description: DataDescription;
  readonly folder: string;
  /** Folder for scratch files, which may become as large as the decoded data; the system's by default. */
  readonly scratch?: string;
}

export type DataOrigin = DescribedData | DecodedData | { readonly kind: 'memory'; readonly data: DataSet };

/** How people name a data set: by the path of its description, or by a pair of IDX files. */
export type DataName = string | DataFiles;

/** The origin of a data set that is in memory. */
export function inMemory(data: DataSet): DataOrigin {
  return { kind: 'memory', data };
}

const DESCRIPTION = 'data.json';
/** A vocabulary or the constants of many columns make long descriptions, but none as long as this. */
const DESCRIPTION_BYTES = 1 << 24;

async function readDescription(file: string): Promise<DataDescription> {
  const refuse = (problem: string, cause?: unknown): MusterError =>
    new MusterError('ERR_DOCUMENT_INVALID', { document: file, issues: [{ field: '(file)', problem }] }, { cause });
  let value: unknown;
  try {
    const { size } = await stat(file);
    if (size > DESCRIPTION_BYTES) throw refuse(`has ${size} bytes, the limit is ${DESCRIPTION_BYTES}`);
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    throw refuse(cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read', cause);
  }
  return parse(file, descriptionSchema, value);
}

/**
 * Finds the data set that a name means.
 * @param name a pair of IDX files, a description, or a folder with a description called data.json
 * @param scratch folder for scratch files
 * @throws MusterError ERR_DOCUMENT_INVALID naming every bad field of the description
 */
export async function originOf(name: DataName, scratch?: string): Promise<DescribedData> {
  const where = scratch === undefined ? {} : { scratch };
  if (typeof name !== 'string') {
    return { kind: 'described', description: { v: 1, format: 'idx', ...name }, folder: resolve('.'), ...where };
  }
  const found = await stat(name).catch(() => undefined);
  const file = found?.isDirectory() === true ? join(name, DESCRIPTION) : name;
  return { kind: 'described', description: await readDescription(file), folder: resolve(dirname(file)), ...where };
}

function openDescribed({ description, folder, scratch }: DescribedData): Promise<ExampleSource> {
  const at = (path: string): string => resolve(folder, path);
  switch (description.format) {
    case 'idx': {
      const { images, labels, ...options } = description;
      return openIdxSource({ images: at(images), labels: at(labels) }, options);
    }
    case 'csv':
      return openCsvSource(description, at(description.path), scratch);
    case 'parquet':
      return openParquetSource(description, at(description.path), scratch);
    case 'npy': {
      const { features, targets } = description;
      return openArraysSource(description, { features: at(features), targets: at(targets) });
    }
    case 'npz': {
      const { path, features, targets } = description;
      return openArraysSource(description, { archive: at(path), features, targets }, scratch);
    }
    case 'images':
      return openImagesSource(description, at(description.path));
    case 'text':
      return openTextSource(description, at(description.path), scratch);
  }
}

/**
 * Opens a data set.
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function openSource(origin: DataOrigin): Promise<ExampleSource> {
  switch (origin.kind) {
    case 'memory':
      return memorySource(origin.data);
    case 'decoded':
      return decodedSource(origin);
    case 'described':
      return openDescribed(origin);
  }
}

/** A data set that was opened once for all threads of this process. */
export interface SharedData {
  readonly source: ExampleSource;
  /** what other threads open: the decoded examples, where that takes decoding */
  readonly origin: DataOrigin;
  /** Lets go of it, once nobody reads it any more. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a data set: what is wrong with it is better told at the start, and what takes decoding is decoded once.
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function shareSource(origin: DataOrigin): Promise<SharedData> {
  const source = await openSource(origin);
  return { source, origin: source.decoded ?? origin, close: () => source.close() };
}
