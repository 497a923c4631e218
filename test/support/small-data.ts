// Small data sets of several formats, seeded, with something in them to learn: what agents of the models' tests train on.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { seededRandom, type Random } from '../../edge-agent/src/train/index.ts';

/** Writes so many examples, and their description as data.json, into a folder that is there. */
export type WriteData = (folder: string, label: string, examples: number) => Promise<void>;

const describeIn = (folder: string, description: object): Promise<void> =>
  writeFile(join(folder, 'data.json'), JSON.stringify({ v: 1, ...description }));

const spread = (random: Random): number => random.uniform() * 2 - 1;
const lines = (count: number, line: () => string): string => Array.from({ length: count }, line).join('\n');

/** Four numbers, and a value that is no linear function of them. */
export const writePrices: WriteData = async (folder, label, examples) => {
  const random = seededRandom('prices', label);
  const row = (): string => {
    const [a, b, c, d] = [spread(random), spread(random), spread(random), spread(random)];
    return [a, b, c, d, 2 * a - b + a * c + 0.1 * spread(random)].map((value) => value.toFixed(4)).join();
  };
  await writeFile(join(folder, 'prices.csv'), `a,b,c,d,price\n${lines(examples, row)}\n`);
  const target = { kind: 'value', columns: ['price'] };
  await describeIn(folder, { format: 'csv', path: 'prices.csv', features: 'others', target });
};

/** Four numbers, and three questions about them, of which several may be true; or as many lies. */
const signs = async (folder: string, label: string, examples: number, truth: boolean): Promise<void> => {
  const random = seededRandom('signs', label);
  const row = (): string => {
    const [a, b, c, d] = [spread(random), spread(random), spread(random), spread(random)];
    const answers = [a + b > 0, c > d, a - c > 0.2].map((answer) => Number(answer === truth));
    return [...[a, b, c, d].map((value) => value.toFixed(4)), ...answers].join();
  };
  await writeFile(join(folder, 'signs.csv'), `a,b,c,d,sum,order,gap\n${lines(examples, row)}\n`);
  const target = { kind: 'binary', columns: ['sum', 'order', 'gap'] };
  await describeIn(folder, { format: 'csv', path: 'signs.csv', features: 'others', target });
};

export const writeSigns: WriteData = (folder, label, examples) => signs(folder, label, examples, true);

/** The same with every label of one data set flipped. */
export const signsWithLiar =
  (liar: string): WriteData =>
  (folder, label, examples) =>
    signs(folder, label, examples, label !== liar);

export const ALPHABET = ' abcdehnorstw';
export const WINDOW = 6;
const WORDS = ['the ', 'stone ', 'and ', 'water ', 'shone ', 'as ', 'one '];

/** Words in any order: within a word the next character is told by those before. */
export const writeWords: WriteData = async (folder, label, examples) => {
  const random = seededRandom('words', label);
  let text = '';
  while (text.length < examples + WINDOW) text += WORDS[random.below(WORDS.length)]!;
  await writeFile(join(folder, 'words.txt'), text.slice(0, examples + WINDOW));
  await describeIn(folder, { format: 'text', path: 'words.txt', alphabet: ALPHABET, window: WINDOW });
};

const SIDE = 8;
const TEXTURES: Readonly<Record<string, (x: number, y: number) => number>> = {
  checks: (x, y) => (x + y) % 2,
  columns: (x) => x % 2,
  plain: () => 0.5,
  rows: (_, y) => y % 2,
};

/** Grey PNGs of 8 by 8 pixels in a folder for each texture. */
export const writeTextures: WriteData = async (folder, label, examples) => {
  const random = seededRandom('textures', label);
  const classes = Object.entries(TEXTURES);
  for (const [name, texture] of classes) {
    await mkdir(join(folder, 'textures', name), { recursive: true });
    for (let number = 0; number < examples / classes.length; number++) {
      const image = new PNG({ width: SIDE, height: SIDE });
      for (let at = 0; at < SIDE * SIDE; at++) {
        const grey = 60 + 100 * texture(at % SIDE, Math.floor(at / SIDE)) + 40 * random.uniform();
        image.data.set([grey, grey, grey, 255], 4 * at);
      }
      await writeFile(join(folder, 'textures', name, `${number}.png`), PNG.sync.write(image));
    }
  }
  const size = { channels: 1, height: SIDE, width: SIDE };
  const normalise = { mean: 0.5, std: 0.25 };
  await describeIn(folder, { format: 'images', path: 'textures', ...size, normalise });
};

/** An array as numpy writes it, version 1.0. */
function npy(descr: string, shape: readonly number[], data: BigInt64Array): Buffer {
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join()},), }`;
  const header = `${dictionary.padEnd(117)}\n`;
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0]);
  return Buffer.concat([prefix, Buffer.from(header), Buffer.from(data.buffer)]);
}

/** Five codes below 11 from a range of their class. */
export const writeCodes: WriteData = async (folder, label, examples) => {
  const random = seededRandom('codes', label);
  const classes = Array.from({ length: examples }, () => random.below(3));
  const codes = classes.flatMap((code) => Array.from({ length: 5 }, () => code * 3 + random.below(5)));
  const long = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values.map(BigInt));
  await writeFile(join(folder, 'codes.npy'), npy('<i8', [examples, 5], long(codes)));
  await writeFile(join(folder, 'classes.npy'), npy('<i8', [examples], long(classes)));
  const target = { kind: 'class', classes: 3 };
  await describeIn(folder, { format: 'npy', features: 'codes.npy', targets: 'classes.npy', target, dtype: 'int64' });
};
