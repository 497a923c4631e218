// Examples from text, by characters: a window of characters, and the one that follows it.
import { isMusterError } from '@muster/protocol';
import { readdir, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { malformed, nodeCode, shown } from './malformed.ts';
import type { DescriptionOf } from './description.ts';
import type { RecordFile } from './record-file.ts';
import { store } from './elements.ts';
import type { ExampleLayout, ExampleSource } from './source.ts';
import { Spool } from './spool.ts';
import { valueSource } from './value-source.ts';

const FILES_MAX = 100_000;
/** A character's code in the scratch file. */
const CODE_BYTES = 2;

/** The characters of one file: its windows do not reach into the next. */
interface Stretch {
  /** Place of its first character in the scratch file. */
  readonly start: number;
  /** Number of its first example. */
  readonly first: number;
  readonly examples: number;
}

/** The files of a folder, or the one file. */
async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
    if (files.length > FILES_MAX) throw malformed(path, `has ${files.length} files, the limit is ${FILES_MAX}`);
    return files.sort().map((name) => join(path, name));
  } catch (cause) {
    if (isMusterError(cause)) throw cause;
    throw malformed(path, 'cannot be read', cause);
  }
}

/** Codes of the characters of the alphabet. */
function codesOf({ alphabet, unknown }: DescriptionOf<'text'>): {
  codes: Map<string, number>;
  other: number | undefined;
} {
  const characters = Array.from(alphabet);
  const codes = new Map(characters.map((character, code) => [character, code]));
  if (codes.size < characters.length) throw malformed('alphabet', 'has a character twice');
  const other = unknown === undefined ? undefined : codes.get(unknown);
  if (unknown !== undefined && other === undefined)
    throw malformed('unknown', `${shown(unknown)} is not in the alphabet`);
  return { codes, other };
}

/** Appends a file's characters as codes. @returns how many */
async function spoolText(
  spool: Spool,
  file: string,
  codes: Map<string, number>,
  other: number | undefined,
): Promise<number> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let count = 0;
  const encode = async (text: string): Promise<void> => {
    const encoded = new Uint16Array(text.length);
    let length = 0;
    for (const character of text) {
      const code = codes.get(character) ?? other;
      if (code === undefined)
        throw malformed(`${file}: character ${count + length}`, `${shown(character)} is not in the alphabet`);
      encoded[length++] = code;
    }
    count += length;
    await spool.append(new Uint8Array(encoded.buffer, 0, length * CODE_BYTES));
  };
  try {
    for await (const piece of createReadStream(file)) await encode(decoder.decode(piece as Buffer, { stream: true }));
    await encode(decoder.decode());
  } catch (error) {
    if (nodeCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw malformed(file, 'is not UTF-8', error);
    throw error;
  }
  return count;
}

async function stretchesOf(
  spool: Spool,
  files: readonly string[],
  description: DescriptionOf<'text'>,
): Promise<Stretch[]> {
  const { window, stride } = description;
  const { codes, other } = codesOf(description);
  const stretches: Stretch[] = [];
  let [start, first] = [0, 0];
  for (const file of files) {
    const count = await spoolText(spool, file, codes, other);
    const examples = Math.max(0, Math.floor((count - window - 1) / stride) + 1);
    if (examples > 0) stretches.push({ start, first, examples });
    start += count;
    first += examples;
  }
  return stretches;
}

/** The stretch that an example lies in. */
function stretchAt(stretches: readonly Stretch[], index: number): Stretch {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((stretches[middle]?.first ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return stretches[low] as Stretch;
}

function sourceOf(description: DescriptionOf<'text'>, stretches: readonly Stretch[], file: RecordFile): ExampleSource {
  const { window, stride, encode, dtype } = description;
  const classes = Array.from(description.alphabet).length;
  const oneHot = encode === 'one-hot';
  const last = stretches.at(-1);
  const layout: ExampleLayout = {
    shape: oneHot ? [window, classes] : [window],
    dtype: oneHot ? 'float32' : dtype,
    target: { kind: 'class', classes },
    examples: last === undefined ? 0 : last.first + last.examples,
  };
  return valueSource(layout, {
    async fill(indices, { features, targets }) {
      const starts = indices.map((index) => {
        const { start, first } = stretchAt(stretches, index);
        return start + (index - first) * stride;
      });
      const windows = { start: 0, size: (window + 1) * CODE_BYTES, step: CODE_BYTES };
      await file.read(windows, starts, (bytes, place) => {
        const codes = new Uint16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
        for (let i = 0; i < window; i++) {
          const code = codes[i] ?? 0;
          if (oneHot) features[(place * window + i) * classes + code] = 1;
          else store(features, place * window + i, code);
        }
        targets[place] = codes[window] ?? 0;
      });
    },
    close: () => file.close(),
  });
}

/**
 * Opens text in UTF-8.
 * @param path of a file, or of a folder of files
 * @param scratch folder for the characters' codes
 * @throws MusterError ERR_DATA_MALFORMED naming file and character
 */
export async function openTextSource(
  description: DescriptionOf<'text'>,
  path: string,
  scratch?: string,
): Promise<ExampleSource> {
  const spool = await Spool.create(path, scratch);
  try {
    const stretches = await stretchesOf(spool, await filesOf(path), description);
    if (stretches.length === 0) throw malformed(path, `has no file longer than a window of ${description.window}`);
    if (spool.bytes / CODE_BYTES >= 2 ** 31) throw malformed(path, `has ${spool.bytes / CODE_BYTES} characters`);
    return sourceOf(description, stretches, await spool.finish());
  } catch (error) {
    await spool.close();
    throw error;
  }
}
