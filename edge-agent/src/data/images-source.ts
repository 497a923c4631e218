// Examples from a folder of images: a folder for each class, an image file for each example, decoded when it is read.
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { malformed, shown } from './malformed.ts';
import type { DescriptionOf } from './description.ts';
import { normaliserOf } from './elements.ts';
import { readImage } from './image-file.ts';
import { elementsOf, type ExampleLayout, type ExampleSource } from './source.ts';
import { valueSource } from './value-source.ts';

const FILES_MAX = 10_000_000;
const IMAGE = /\.(png|jpe?g)$/i;

async function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw malformed(folder, 'cannot be read', cause);
  });
}

/** Class names in the order of their classes; those that are declared must be told apart, and hold all folders. */
async function classesOf({ classes }: DescriptionOf<'images'>, folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  const found = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  if (classes === undefined) return found.sort();
  if (new Set(classes).size < classes.length) throw malformed(folder, 'classes has a name twice');
  const stranger = found.find((name) => !classes.includes(name));
  if (stranger !== undefined) throw malformed(folder, `folder ${shown(stranger)} is not one of its classes`);
  return classes.filter((name) => found.includes(name)).length > 0 ? classes : [];
}

/** The image files by class, sorted by name within it. */
async function filesOf(folder: string, classes: readonly string[]): Promise<{ paths: string[]; labels: number[] }> {
  const present = new Set((await entriesOf(folder)).map(({ name }) => name));
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    if (!present.has(name)) continue;
    const own = (await entriesOf(join(folder, name))).filter((entry) => entry.isFile() && IMAGE.test(entry.name));
    for (const file of own.map((entry) => entry.name).sort()) {
      paths.push(join(folder, name, file));
      labels.push(label);
    }
    if (paths.length > FILES_MAX) throw malformed(folder, `has more than ${FILES_MAX} images`);
  }
  return { paths, labels };
}

/**
 * Opens a folder of images. Names are read now, images when they are wanted. Pixels are value / 255, then normalised.
 * @throws MusterError ERR_DATA_MALFORMED naming the folder or file
 */
export async function openImagesSource(description: DescriptionOf<'images'>, folder: string): Promise<ExampleSource> {
  const { channels, height, width, resize } = description;
  const classes = await classesOf(description, folder);
  const { paths, labels } = await filesOf(folder, classes);
  if (paths.length === 0) throw malformed(folder, 'has no folders with PNG or JPEG files');
  const shape = [channels, height, width];
  const size = elementsOf({ shape });
  const normalise = normaliserOf(description.normalise, shape, folder);
  const target = { kind: 'class', classes: Math.max(2, classes.length) } as const;
  const layout: ExampleLayout = { shape, dtype: 'float32', target, examples: paths.length };
  return valueSource(layout, {
    async fill(indices, { features, targets }) {
      for (const [place, index] of indices.entries()) {
        const pixels = await readImage(paths[index] ?? '', description, resize);
        for (let i = 0; i < size; i++) features[place * size + i] = normalise((pixels[i] ?? 0) / 255, i);
        targets[place] = labels[index] ?? 0;
      }
    },
    close: () => Promise.resolve(),
  });
}
