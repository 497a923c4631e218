// Examples from a pair of IDX files, read by ranges. Pixels are value / 255, a label is the class.
import { MusterError } from '@muster/protocol';
import { decodeIdxHeader, IDX_HEADER_BYTES, type IdxHeader } from './idx.ts';
import { PIXEL } from './labelled-images.ts';
import type { DescriptionOf } from './description.ts';
import { normaliserOf } from './elements.ts';
import { valueLeaves } from './leaves.ts';
import { RecordFile } from './record-file.ts';
import {
  checkIndices,
  elementsOf,
  emptyExamples,
  range,
  type ExampleLayout,
  type Examples,
  type ExampleSource,
} from './source.ts';
import type { DataFiles } from './write-subset.ts';

export type IdxOptions = Pick<DescriptionOf<'idx'>, 'classes' | 'normalise'>;

const PIECE_BYTES = 1 << 20;

interface IdxFile extends IdxHeader {
  readonly file: RecordFile;
}

async function openIdx(path: string): Promise<IdxFile> {
  const file = await RecordFile.open(path);
  try {
    const head = await file.slice(0, Math.min(file.bytes, IDX_HEADER_BYTES));
    return { file, ...decodeIdxHeader(head, file.bytes, path) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** One more than the highest label. */
async function countClasses({ file, start }: IdxFile): Promise<number> {
  let highest = 0;
  for (let from = start; from < file.bytes; from += PIECE_BYTES) {
    const piece = await file.slice(from, Math.min(PIECE_BYTES, file.bytes - from));
    for (const label of piece) if (label > highest) highest = label;
  }
  return highest + 1;
}

/** An image has one channel where the file tells none. */
function imageShape({ shape, file }: IdxFile): number[] {
  if (shape.length !== 3) {
    throw new MusterError('ERR_DATA_MALFORMED', { reason: `${file.path}: images must have 3 dimensions` });
  }
  if (shape.includes(0, 1))
    throw new MusterError('ERR_DATA_MALFORMED', { reason: `${file.path}: images have no pixels` });
  return [1, ...shape.slice(1)];
}

async function layoutOf(images: IdxFile, labels: IdxFile, declared: number | undefined): Promise<ExampleLayout> {
  const refuse = (reason: string): MusterError => new MusterError('ERR_DATA_MALFORMED', { reason });
  const shape = imageShape(images);
  if (labels.shape.length !== 1) throw refuse(`${labels.file.path}: labels must have 1 dimension`);
  const [[count = 0], [examples = 0]] = [images.shape, labels.shape];
  if (count !== examples || examples === 0) throw refuse(`${count} images and ${examples} labels are no data set`);
  const found = await countClasses(labels);
  const classes = declared ?? found;
  if (found > classes) throw refuse(`${labels.file.path}: label ${found - 1} is not one of ${classes} classes`);
  return { shape, dtype: 'float32', target: { kind: 'class', classes }, examples };
}

/** What each pixel value becomes, in each element's place. */
function pixelsOf(
  { shape }: ExampleLayout,
  { normalise }: IdxOptions,
  name: string,
): (pixel: number, i: number) => number {
  if (normalise === undefined) return (pixel) => PIXEL[pixel] ?? 0;
  const normaliser = normaliserOf(normalise, shape, name);
  return (pixel, i) => normaliser(pixel / 255, i);
}

function sourceOf(layout: ExampleLayout, images: IdxFile, labels: IdxFile, options: IdxOptions): ExampleSource {
  const size = elementsOf(layout);
  const pixel = pixelsOf(layout, options, images.file.path);
  const read = async (indices: Int32Array): Promise<Examples> => {
    checkIndices(indices, layout.examples);
    const { features, targets } = emptyExamples(layout, indices.length) as {
      features: Float32Array;
      targets: Int32Array;
    };
    await images.file.read({ start: images.start, size }, indices, (pixels, place) => {
      for (let i = 0; i < size; i++) features[place * size + i] = pixel(pixels[i] ?? 0, i);
    });
    await labels.file.read({ start: labels.start, size: 1 }, indices, (label, place) => {
      targets[place] = label[0] ?? 0;
    });
    return { features, targets };
  };
  return {
    ...layout,
    read,
    async leaves(from, to) {
      const rows = range(from, to);
      if (options.normalise !== undefined) return valueLeaves(layout, await read(rows));
      const leaves = Array.from(rows, () => new Uint8Array(size + 1));
      await images.file.read({ start: images.start, size }, rows, (pixels, place) => leaves[place]?.set(pixels));
      await labels.file.read({ start: labels.start, size: 1 }, rows, (label, place) => leaves[place]?.set(label, size));
      return leaves;
    },
    async close() {
      await Promise.all([images.file.close(), labels.file.close()]);
    },
  };
}

/**
 * Opens a pair of IDX files. Only their headers and the labels are read. A leaf is the image's bytes and its label's byte;
 * of a normalised data set the values that the model takes, since the normalisation is committed to as well.
 * @throws MusterError ERR_DATA_MALFORMED naming the file
 */
export async function openIdxSource({ images, labels }: DataFiles, options: IdxOptions = {}): Promise<ExampleSource> {
  const imageFile = await openIdx(images);
  let labelFile: IdxFile | undefined;
  try {
    labelFile = await openIdx(labels);
    return sourceOf(await layoutOf(imageFile, labelFile, options.classes), imageFile, labelFile, options);
  } catch (error) {
    await Promise.all([imageFile.file.close(), labelFile?.file.close()]);
    throw error;
  }
}
