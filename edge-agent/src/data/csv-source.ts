// Examples from a CSV file with a header (RFC 4180): one pass decodes and checks every row.
import { CsvError, parse } from 'csv-parse';
import { createReadStream } from 'node:fs';
import { malformed } from './malformed.ts';
import type { DescriptionOf } from './description.ts';
import { RecordFile } from './record-file.ts';
import type { Examples, ExampleSource } from './source.ts';
import { spooledSource } from './spooled-source.ts';
import { tableOf, type Table } from './table.ts';

/** Longest row, in characters. */
const ROW_MAX = 1 << 20;

/** The rows of the file as texts, its header first. */
async function* rowsOf(path: string, delimiter: string): AsyncGenerator<string[], void, undefined> {
  const text = createReadStream(path);
  const parser = parse({ bom: true, delimiter, max_record_size: ROW_MAX, skip_empty_lines: true });
  text.on('error', (error) => parser.destroy(error));
  text.pipe(parser);
  try {
    for await (const row of parser) yield row as string[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw malformed(path, error.message, error);
  } finally {
    text.destroy();
  }
}

async function* examplesOf(
  rows: AsyncGenerator<string[], void, undefined>,
  { columns, encode }: Table,
  header: readonly string[],
): AsyncGenerator<Examples, void, undefined> {
  const places = columns.map((column) => header.indexOf(column));
  let number = 1;
  for await (const row of rows) {
    number++;
    const picked = places.map((place) => row[place]);
    const example = encode(picked, number);
    if (example !== undefined) yield example;
  }
}

/**
 * Opens a CSV file. Rows are numbered as errors tell them: the header is row 1, empty lines do not count.
 * @param path of the file
 * @param scratch folder for decoded rows
 * @throws MusterError ERR_DATA_MALFORMED naming row and column
 */
export async function openCsvSource(
  description: DescriptionOf<'csv'>,
  path: string,
  scratch?: string,
): Promise<ExampleSource> {
  await (await RecordFile.open(path)).close();
  const rows = rowsOf(path, description.delimiter);
  try {
    const first = await rows.next();
    if (first.done === true) throw malformed(path, 'has no header');
    const table = tableOf(description, first.value, path);
    return await spooledSource(path, table.layout, examplesOf(rows, table, first.value), scratch);
  } finally {
    await rows.return();
  }
}
