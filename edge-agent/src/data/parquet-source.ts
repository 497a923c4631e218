// Examples from a Parquet file: one pass decodes and checks its rows, a row group at a time.
import {
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
} from 'hyparquet';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isMusterError } from '@muster/protocol';
import { malformed, wordsOf } from './malformed.ts';
import type { DescriptionOf } from './description.ts';
import { RecordFile } from './record-file.ts';
import type { Examples, ExampleSource } from './source.ts';
import { spooledSource } from './spooled-source.ts';
import { tableOf, type Table } from './table.ts';

/** The largest row group, decoded: it is in memory as a whole. */
const GROUP_BYTES = 1 << 29;
const GROUP_ROWS = 1 << 24;
/** The largest footer. */
const METADATA_BYTES = 1 << 26;
/** Rows that are turned into objects at a time. */
const ROWS = 1 << 12;

/** What a page says it holds is the most that is unpacked of it. Snappy is the library's own. */
const compressors: Compressors = {
  GZIP: (input, maxOutputLength) => gunzipSync(input, { maxOutputLength }),
  ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, { maxOutputLength }),
  BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, { maxOutputLength }),
};

function bufferOf(file: RecordFile): AsyncBuffer {
  const slice = async (start: number, end: number): Promise<ArrayBuffer> => {
    const from = start < 0 ? Math.max(0, file.bytes + start) : start;
    const length = Math.min(end, file.bytes) - from;
    if (!(length >= 0)) throw malformed(file.path, `refers to bytes ${start} to ${end}, it has ${file.bytes}`);
    const bytes = await file.slice(from, length);
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + length) as ArrayBuffer;
  };
  return {
    byteLength: file.bytes,
    slice(start, end = file.bytes) {
      const bytes = slice(start, end);
      // the library may give up before it awaits what it asked for; then this is nobody's unhandled rejection
      bytes.catch(() => undefined);
      return bytes;
    },
  };
}

/** Runs the library, whose errors are those of the file: what it cannot read is malformed. */
async function reading<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (isMusterError(error)) throw error;
    throw malformed(path, `cannot be read as Parquet: ${wordsOf(error)}`, error);
  }
}

async function metadataOf(file: RecordFile, buffer: AsyncBuffer): Promise<FileMetaData> {
  if (file.bytes < 12) throw malformed(file.path, 'is too short for Parquet');
  const length = (await file.slice(file.bytes - 8, 4)).readUInt32LE();
  if (length > Math.min(METADATA_BYTES, file.bytes - 12)) throw malformed(file.path, `has a footer of ${length} bytes`);
  const metadata = await reading(file.path, () => parquetMetadataAsync(buffer));
  for (const [place, { num_rows: rows, columns }] of metadata.row_groups.entries()) {
    const bytes = columns.reduce((sum, { meta_data: own }) => sum + Number(own?.total_uncompressed_size ?? 0), 0);
    if (!(bytes >= 0 && bytes <= GROUP_BYTES) || rows < 0 || rows > GROUP_ROWS) {
      const problem = `has ${rows} rows and ${bytes} bytes; limits are ${GROUP_ROWS} rows and ${GROUP_BYTES} bytes`;
      throw malformed(`${file.path}: row group ${place}`, problem);
    }
  }
  return metadata;
}

/** Names of the columns at the top of the schema. */
function headerOf({ schema }: FileMetaData): string[] {
  const header: string[] = [];
  const skip = (index: number): number => {
    let next = index + 1;
    for (let child = 0; child < (schema[index]?.num_children ?? 0) && next < schema.length; child++) next = skip(next);
    return next;
  };
  for (let index = 1; index < schema.length; index = skip(index)) header.push(schema[index]?.name ?? '');
  return header;
}

async function* examplesOf(
  file: RecordFile,
  buffer: AsyncBuffer,
  metadata: FileMetaData,
  { columns, encode }: Table,
): AsyncGenerator<Examples, void, undefined> {
  const wanted = [...new Set(columns)];
  let start = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const end = start + Number(count);
    for (let from = start; from < end; from += ROWS) {
      const rowEnd = Math.min(end, from + ROWS);
      const options = { file: buffer, metadata, columns: wanted, rowStart: from, rowEnd, compressors };
      const rows = await reading(file.path, () => parquetReadObjects(options));
      if (rows.length !== rowEnd - from)
        throw malformed(file.path, `has ${rows.length} rows from ${from} to ${rowEnd}`);
      for (const [place, row] of rows.entries()) {
        const example = encode(
          columns.map((column) => row[column] as unknown),
          from + place,
        );
        if (example !== undefined) yield example;
      }
    }
    start = end;
  }
}

/**
 * Opens a Parquet file; uncompressed, Snappy, gzip, Zstandard and Brotli. Rows count from 0.
 * @param scratch folder for decoded rows
 * @throws MusterError ERR_DATA_MALFORMED naming row and column
 */
export async function openParquetSource(
  description: DescriptionOf<'parquet'>,
  path: string,
  scratch?: string,
): Promise<ExampleSource> {
  const file = await RecordFile.open(path);
  try {
    const buffer = bufferOf(file);
    const metadata = await metadataOf(file, buffer);
    const table = tableOf(description, headerOf(metadata), path);
    return await spooledSource(path, table.layout, examplesOf(file, buffer, metadata, table), scratch);
  } finally {
    await file.close();
  }
}
