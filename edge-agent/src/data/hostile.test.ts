// Data that wishes harm, or is merely broken: refused by a code, naming file, place and problem; never a crash.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isMusterError } from '@muster/protocol';
import fc from 'fast-check';
import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rejection } from '../../../test/support/refusal.ts';
import { vectorPath } from '../../../test/support/vectors.ts';
import { describeData } from './describe.ts';
import { descriptionSchema } from './description.ts';
import { openSource, originOf, type DataOrigin } from './origin.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-hostile-'));
  await cp(vectorPath('data'), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

const at = (description: object): DataOrigin => ({
  kind: 'described',
  description: descriptionSchema.parse({ v: 1, ...description }),
  folder,
  scratch: folder,
});

/** Why a description's data is refused, without the folder's name. */
async function reasonOf(
  description: object,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  const { code, message } = await rejection(describeData(at(description)));
  expect(code).toBe('ERR_DATA_MALFORMED');
  return message.replaceAll(`${folder}/`, '').replace('data: ', '');
}

const classOf = (column: string, classes = 2): object => ({ target: { kind: 'class', column, classes } });
const CSV = { format: 'csv', path: 'x.csv', features: 'others', ...classOf('y') };

describe('CSV', () => {
  test.each<[string, string, object]>([
    ['', 'x.csv: has no header', {}],
    ['a,y\n', 'x.csv: has no examples', {}],
    ['a,a,y\n1,2,0\n', 'x.csv: has two columns of one name', {}],
    ['a,b\n1,2\n', 'x.csv: has no column "y"', {}],
    ['y\n1\n', 'x.csv: has no columns but the target’s', {}],
    ['a,y\n1,0\nten,1\n', 'x.csv: row 3, column "a": "ten" is not a number', {}],
    ['a,y\n0x10,1\n', 'x.csv: row 2, column "a": "0x10" is not a number', {}],
    ['a,y\n1e999,1\n', 'x.csv: row 2, column "a": "1e999" is not a number', {}],
    ['a,y\n1e39,1\n', 'x.csv: row 2, column "a": 1e+39 is not a finite number of float32', {}],
    ['a,y\n1.5,1\n', 'x.csv: row 2, column "a": 1.5 is not a whole number', { dtype: 'int32' }],
    ['a,y\n3000000000,1\n', 'x.csv: row 2, column "a": 3000000000 does not fit in int32', { dtype: 'int32' }],
    ['a,y\n,1\n', 'x.csv: row 2, column "a": is missing', {}],
    ['a,y\n1,\n', 'x.csv: row 2, column "y": is missing', {}],
    ['a,y\n,1\n', 'x.csv: has no examples', { missing: 'skip' }],
    ['a,y\n1,2\n', 'x.csv: row 2, column "y": 2 is not one of 0 … 1', {}],
    ['a,y\n1,0.5\n', 'x.csv: row 2, column "y": 0.5 is not one of 0 … 1', {}],
    ['a,y\n1,-1\n', 'x.csv: row 2, column "y": -1 is not one of 0 … 1', {}],
    ['a,y\n1,maybe\n', 'x.csv: row 2, column "y": "maybe" is not in the vocabulary', { target: { kind: 'class', column: 'y', values: ['no', 'yes'] } }], // prettier-ignore
    ['a,y\n1,3\n', 'x.csv: row 2, column "y": 3 is not one of 0 … 1', { target: { kind: 'binary', columns: ['y'] } }],
    [`a,y\n${'9'.repeat(60)}x,1\n`, `x.csv: row 2, column "a": "${'9'.repeat(40)}…" is not a number`, {}],
    ['a,y\n1,1\n', 'x.csv: row 2, column "a": "1" is not a list', { features: [{ column: 'a', kind: 'list', length: 1 }] }], // prettier-ignore
    ['a,y\n1,1\n', 'x.csv: has 1 features a row, which is not shape [2]', { shape: [2] }],
    ['a,b,y\n1,1,1\n', 'x.csv: normalise.mean has 3 numbers, examples have shape [2]', { normalise: { mean: [1, 2, 3] } }], // prettier-ignore
  ])('%j is refused', async (text, reason, change) => {
    expect(await reasonOf({ ...CSV, ...change }, { 'x.csv': text })).toBe(reason);
  });

  test('rows of other lengths, open quotes, endless rows and missing files are refused', async () => {
    expect(await reasonOf(CSV, { 'x.csv': 'a,y\n1,2,3\n' })).toMatch(/^x.csv: .*expect 2, got 3 on line 2/);
    expect(await reasonOf(CSV, { 'x.csv': 'a,y\n"1,1\n' })).toMatch(/^x.csv: Quote Not Closed/);
    expect(await reasonOf(CSV, { 'x.csv': `a,y\n"${'1'.repeat(1_100_000)}` })).toMatch(/^x.csv: Max Record Size/);
    expect(await reasonOf({ ...CSV, path: 'none.csv' })).toBe('none.csv: cannot be read');
    expect(await reasonOf({ ...CSV, path: 'plays' })).toBe('plays: is not a file');
  });
});

describe('Parquet', () => {
  const parquet = { format: 'parquet', features: ['age'], ...classOf('sick') };

  test('that is none, or that promises more than there is, is refused', async () => {
    const good = await readFile(vectorPath('data', 'table-snappy.parquet'));
    const footer = Buffer.from(good);
    footer.writeUInt32LE(0x7fffffff, good.length - 8);
    expect(await reasonOf({ ...parquet, path: 'x' }, { x: 'PAR1' })).toBe('x: is too short for Parquet');
    expect(await reasonOf({ ...parquet, path: 'x' }, { x: footer })).toBe('x: has a footer of 2147483647 bytes');
    expect(await reasonOf({ ...parquet, path: 'x' }, { x: 'a text that is no Parquet' })).toMatch(/^x: /);
    const cut = Buffer.concat([good.subarray(0, 40), good.subarray(good.length - 1900)]);
    expect(await reasonOf({ ...parquet, path: 'x' }, { x: cut })).toMatch(/^x: /);
  });

  test('of other columns, or with values that are no numbers, is refused by row and column', async () => {
    const table = { ...parquet, path: 'table-zstd.parquet' };
    expect(await reasonOf({ ...table, features: ['deep'] })).toBe('table-zstd.parquet: has no column "deep"');
    expect(await reasonOf({ ...table, features: ['colour'] })).toMatch(
      /parquet: row 0, column "colour": ".*" is not a n/,
    );
    expect(await reasonOf({ ...table, features: ['nested'] })).toMatch(/row 0, column "nested": ".*" is not a number/);
    const list = (column: string): object => ({ ...table, features: [{ column, kind: 'list', length: 5 }] });
    expect(await reasonOf(list('image'))).toMatch(/row 0, column "image": ".*" is a list of 6, not of 5/);
    expect(await reasonOf(list('age'))).toMatch(/row 0, column "age": "\d+" is not a list/);
    expect(await reasonOf({ ...parquet, path: 'gaps.parquet', features: ['x'], target: { kind: 'value', columns: ['y'] } })).toBe('gaps.parquet: row 1, column "x": is missing'); // prettier-ignore
  });
});

describe('NPY and NPZ', () => {
  const npy = (header: string, data = Buffer.alloc(0)): Buffer => {
    const text = Buffer.from(header);
    const head = Buffer.from('\x93NUMPY\x01\x00\0\0', 'latin1');
    head.writeUInt16LE(text.length, 8);
    return Buffer.concat([head, text, data]);
  };
  const arrays = { format: 'npy', features: 'x.npy', targets: 'labels.npy', target: { kind: 'class', classes: 4 } };

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'does not start as an NPY file does'],
    ['another version', Buffer.from('\x93NUMPY\x09\x00\x10\0\0\0', 'latin1'), 'is of NPY version 9; known are 1 to 3'],
    ['a cut header', Buffer.from('\x93NUMPY\x01\x00\xff\xff{}', 'latin1'), 'is truncated within its header, or has one beyond 64 KiB'], // prettier-ignore
    ['code as a header', npy('__import__("os")'), 'has the header "__import__(\\"os\\")"'],
    ['Python objects', npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), 'has elements of type "\'|O\'"; known are f4, f8, b1, u1, i1, u2, i2, u4, i4, u8, i8'], // prettier-ignore
    ['a structured type', npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"), 'has elements of type "[(\'a\', \'<f4\')]"; known are f4, f8, b1, u1, i1, u2, i2, u4, i4, u8, i8'], // prettier-ignore
    ['an absurd shape', npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 2), }"), 'has shape (99999999999999999999, 2)'], // prettier-ignore
    ['more than there is', npy("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 1000), }"), 'should have 72000 bytes of data, it has 0'], // prettier-ignore
    ['a list', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (9,), }", Buffer.alloc(9)), 'has shape (9)'],
    ['another number of examples', npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", Buffer.alloc(4)), 'labels.npy: has 9 targets of 2 examples'], // prettier-ignore
    ['not a number', npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9, 1), }", Buffer.alloc(36, 255)), 'example 0, element 0: NaN is not a finite number of float32'], // prettier-ignore
  ])('%s is refused', async (_what, bytes, reason) => {
    const told = await reasonOf(arrays, { 'x.npy': bytes });
    expect(told.replace(/^x.npy: /, '')).toBe(reason);
  });

  test('other orders, targets and shapes are refused by name', async () => {
    const pixels = { ...arrays, features: 'pixels.npy' };
    const fortran = 'fortran.npy: is in Fortran order; write it with numpy.ascontiguousarray';
    expect(await reasonOf({ ...arrays, features: 'fortran.npy' })).toBe(fortran);
    expect(await reasonOf({ ...pixels, target: { kind: 'class', classes: 2 } })).toMatch(/labels.npy: example \d, element 0: \d is not one of 0 … 1/); // prettier-ignore
    expect(await reasonOf({ ...pixels, targets: 'pixels.npy' })).toBe('pixels.npy: has shape (9, 2, 3), classes take one number an example'); // prettier-ignore
    expect(await reasonOf({ ...pixels, shape: [7] })).toBe(
      'pixels.npy: has examples of shape (2, 3), which is not [7]',
    );
    expect(await reasonOf({ ...pixels, targets: 'none.npy' })).toBe('none.npy: cannot be read');
  });

  test('an archive that is none, lacks the array or lies about it is refused', async () => {
    const npz = { ...arrays, format: 'npz', path: 'deflated.npz', features: 'codes', targets: 'answers' };
    expect(await reasonOf({ ...npz, features: 'none' })).toBe('deflated.npz: has no member "none.npy"');
    expect(await reasonOf({ ...npz, path: 'x.npz' }, { 'x.npz': 'no archive' })).toMatch(
      /^x.npz: cannot be read as a ZIP/,
    );
    const good = await readFile(vectorPath('data', 'deflated.npz'));
    // the central directory promises one byte less than the member unpacks to
    const lying = Buffer.from(good);
    const entry = lying.indexOf('PK\x01\x02', 0, 'latin1');
    lying.writeUInt32LE(lying.readUInt32LE(entry + 24) - 1, entry + 24);
    expect(await reasonOf({ ...npz, path: 'x.npz' }, { 'x.npz': lying })).toMatch(
      /^x.npz: .*unpacks to more than 447 bytes/,
    );
  });
});

describe('a folder of images', () => {
  const images = { format: 'images', path: 'pictures', channels: 1, height: 8, width: 12 };

  test('with other sizes, other files or other classes is refused by file', async () => {
    const png = await readFile(vectorPath('data', 'flowers', 'iris', 'a.png'));
    const jpg = await readFile(vectorPath('data', 'photos', 'day', '0.jpg'));
    const huge = Buffer.from(png);
    huge.writeUInt32BE(0x7fffffff, 16);
    const told = (bytes: Uint8Array | string, change = {}): Promise<string> =>
      reasonOf({ ...images, ...change }, { 'pictures/only/x.png': bytes });
    expect(await told(png, { width: 13 })).toBe('pictures/only/x.png: is 12 × 8 pixels, not 13 × 8');
    expect(await told(huge, { resize: 'nearest' })).toBe('pictures/only/x.png: is 2147483647 × 8 pixels');
    expect(await told('GIF89a')).toBe('pictures/only/x.png: is neither PNG nor JPEG');
    expect(await told('')).toBe('pictures/only/x.png: is neither PNG nor JPEG');
    expect(await told(png.subarray(0, 60))).toMatch(/^pictures\/only\/x.png: cannot be decoded: /);
    expect(await told(jpg.subarray(0, 300), { height: 16, width: 16 })).toMatch(
      /x.png: (cannot be decoded|is neither)/,
    );
    expect(await told(png, { classes: ['other', 'another'] })).toBe(
      'pictures: folder "only" is not one of its classes',
    );
    expect(await told(png, { classes: ['only', 'only'] })).toBe('pictures: classes has a name twice');
    expect(await told(png, { path: 'plays' })).toBe('plays: has no folders with PNG or JPEG files');
    expect(await told(png, { path: 'nowhere' })).toBe('nowhere: cannot be read');
    await truncate(join(folder, 'pictures/only/x.png'), 2 ** 26 + 1);
    expect(await reasonOf(images)).toBe('pictures/only/x.png: has 67108865 bytes, the limit is 67108864');
  });
});

describe('text', () => {
  const text = { format: 'text', path: 'x.txt', alphabet: 'abc', window: 2 };

  test.each<[string | Uint8Array, string, object]>([
    ['abd', 'x.txt: character 2: "d" is not in the alphabet', {}],
    ['ab', 'x.txt: has no file longer than a window of 2', {}],
    [Uint8Array.of(97, 98, 0xff, 97), 'x.txt: is not UTF-8', {}],
    [Uint8Array.of(97, 98, 97, 0xe2, 0x82), 'x.txt: is not UTF-8', {}],
    ['abc', 'alphabet: has a character twice', { alphabet: 'aba' }],
    ['abc', 'unknown: "x" is not in the alphabet', { unknown: 'x' }],
    ['abc', 'none.txt: cannot be read', { path: 'none.txt' }],
  ])('%j is refused', async (bytes, reason, change) => {
    expect(await reasonOf({ ...text, ...change }, { 'x.txt': bytes })).toBe(reason);
  });
});

describe('a description', () => {
  test('is refused with every bad field named', async () => {
    const file = join(folder, 'bad.json');
    await writeFile(file, JSON.stringify({ v: 2, format: 'csv', path: '', features: [], target: 7, sneaky: 1 }));
    const { code, message } = await rejection(originOf(file));
    expect(code).toBe('ERR_DOCUMENT_INVALID');
    for (const field of ['v', 'path', 'features', 'target', 'sneaky']) expect(message).toContain(field);
    for (const [content, problem] of [
      ['{', 'is not JSON'],
      ['{"v":1,"format":"tar"}', 'format'],
    ] as const) {
      await writeFile(file, content);
      expect((await rejection(originOf(file))).message).toContain(problem);
    }
    await truncate(file, 2 ** 24 + 1);
    expect((await rejection(originOf(file))).message).toContain('the limit is 16777216');
    expect((await rejection(originOf(join(folder, 'none.json')))).message).toContain('cannot be read');
    const whole = { v: 1, format: 'csv', path: 'x', features: 'others', target: { kind: 'value', columns: ['y'] } };
    await writeFile(file, JSON.stringify({ ...whole, dtype: 'int32', normalise: { mean: 1 } }));
    expect((await rejection(originOf(file))).message).toContain('normalise');
    await writeFile(file, JSON.stringify({ ...whole, normalise: { std: 0 } }));
    expect((await rejection(originOf(file))).message).toContain('normalise');
  });

  test('may lie beside its data in a folder, and be named by it', async () => {
    await writeFile(join(folder, 'data.json'), JSON.stringify({ v: 1, format: 'text', path: 'plays/1.txt', alphabet: 'Ay, tresbon!è\n', window: 3 })); // prettier-ignore
    const summary = await describeData(await originOf(folder));
    expect(summary).toMatchObject({ shape: [3], dtype: 'int64', examples: 11 });
  });
});

test('IDX labels beyond the declared classes are refused', async () => {
  const header = (...dimensions: number[]): number[] => [0, 0, 8, dimensions.length, ...dimensions.flatMap((d) => [0, 0, 0, d])]; // prettier-ignore
  const files = { 'i.idx': Uint8Array.of(...header(1, 1, 2), 3, 4), 'l.idx': Uint8Array.of(...header(1), 5) };
  const idx = { format: 'idx', images: 'i.idx', labels: 'l.idx' };
  expect(await reasonOf({ ...idx, classes: 5 }, files)).toBe('l.idx: label 5 is not one of 5 classes');
  const plain = await describeData(at(idx));
  expect((await describeData(at({ ...idx, classes: 6 }))).root).toBe(plain.root);
  // what is normalised otherwise is committed to as what the model takes
  expect((await describeData(at({ ...idx, normalise: {} }))).root).not.toBe(plain.root);
});

describe('a file with some bytes changed or its end cut off', () => {
  const table = { ...classOf('sick'), features: ['age', 'dose'] };
  const flowers = { format: 'images', channels: 3, height: 8, width: 12, resize: 'nearest' };
  const text = { format: 'text', path: 'fuzz', alphabet: 'abc', unknown: 'a', window: 2 };
  const npz = { format: 'npz', path: 'fuzz', features: 'codes', targets: 'answers', target: { kind: 'binary' } };
  test.each<[string, object, string?]>([
    ['table.csv', { format: 'csv', path: 'fuzz', ...table, target: { kind: 'binary', columns: ['a'] } }],
    ...['none', 'snappy', 'gzip', 'zstd', 'brotli'].map((codec): [string, object] => [
      `table-${codec}.parquet`,
      { format: 'parquet', path: 'fuzz', ...table },
    ]),
    ['pixels.npy', { format: 'npy', features: 'fuzz', targets: 'labels.npy', target: { kind: 'class', classes: 4 } }],
    ['deflated.npz', npz],
    ['little-f4.npz', { ...npz, features: 'x', targets: 'y', target: { kind: 'value' } }],
    ['flowers/iris/b.png', { ...flowers, path: 'folder' }, 'folder/one/fuzz.png'],
    ['flowers/rose/palette.png', { ...flowers, path: 'folder' }, 'folder/one/fuzz.png'],
    ['photos/day/0.jpg', { ...flowers, path: 'folder' }, 'folder/one/fuzz.png'],
    ['photos/day/1.jpg', { ...flowers, path: 'folder' }, 'folder/one/fuzz.png'],
    ['plays/1.txt', text],
  ])('%s is read or refused by its code, nothing else', async (name, description, fuzzed = 'fuzz') => {
    const good = await readFile(vectorPath('data', ...name.split('/')));
    await mkdir(dirname(join(folder, fuzzed)), { recursive: true });
    const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0, max: 255 }));
    const arbitrary = fc.tuple(fc.array(change, { minLength: 1, maxLength: 5 }), fc.nat({ max: 2 * good.length }));
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([changes, end]) => {
        const bytes = Buffer.from(good);
        for (const [place, value] of changes) bytes[place] = value;
        await writeFile(join(folder, fuzzed), bytes.subarray(0, end));
        const outcome: unknown = await describeData(at(description)).catch((error: unknown) => error);
        const code = isMusterError(outcome) ? outcome.code : outcome instanceof Error ? outcome : 'read';
        expect(['read', 'ERR_DATA_MALFORMED']).toContain(code);
      }),
      { numRuns: 25 },
    );
  });
});

test('a source that is open keeps what it read through, whatever becomes of the file', async () => {
  await writeFile(join(folder, 'kept.csv'), 'a,y\n1,0\n2,1\n');
  const source = await openSource(at({ ...CSV, path: 'kept.csv' }));
  await writeFile(join(folder, 'kept.csv'), 'a,y\n3,1\n4,1\n');
  expect((await source.read(Int32Array.of(1, 0))).features).toEqual(Float32Array.of(2, 1));
  await source.close();
});
