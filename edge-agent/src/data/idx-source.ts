// Examples from a pair of IDX files, read by ranges. Pixels are value / 255, a label is the class.
import { MusterError } from '@muster/protocol';
import { decodeIdxHeader, IDX_HEADER_BYTES, type IdxHeader } from './idx.ts';
import { PIXEL } from './labelled-images.ts';
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

async function layoutOf(images: IdxFile, labels: IdxFile): Promise<ExampleLayout> {
  const refuse = (reason: string): MusterError => new MusterError('ERR_DATA_MALFORMED', { reason });
  const shape = imageShape(images);
  if (labels.shape.length !== 1) throw refuse(`${labels.file.path}: labels must have 1 dimension`);
  const [[count = 0], [examples = 0]] = [images.shape, labels.shape];
  if (count !== examples || examples === 0) throw refuse(`${count} images and ${examples} labels are no data set`);
  const classes = await countClasses(labels);
  return { shape, dtype: 'float32', target: { kind: 'class', classes }, examples };
}

function sourceOf(layout: ExampleLayout, images: IdxFile, labels: IdxFile): ExampleSource {
  const size = elementsOf(layout);
  const read = async (indices: Int32Array): Promise<Examples> => {
    checkIndices(indices, layout.examples);
    const { features, targets } = emptyExamples(layout, indices.length) as {
      features: Float32Array;
      targets: Int32Array;
    };
    await images.file.read({ start: images.start, size }, indices, (pixels, place) => {
      for (let i = 0; i < size; i++) features[place * size + i] = PIXEL[pixels[i] ?? 0] ?? 0;
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
 * Opens a pair of IDX files. Only their headers and the labels are read.
 * @throws MusterError ERR_DATA_MALFORMED naming the file
 */
export async function openIdxSource({ images, labels }: DataFiles): Promise<ExampleSource> {
  const imageFile = await openIdx(images);
  let labelFile: IdxFile | undefined;
  try {
    labelFile = await openIdx(labels);
    return sourceOf(await layoutOf(imageFile, labelFile), imageFile, labelFile);
  } catch (error) {
    await Promise.all([imageFile.file.close(), labelFile?.file.close()]);
    throw error;
  }
}
