// Tables of text: columns as wide as their widest cell, numbers to the right.
import type { Row } from './bench.ts';

const GAP = '  ';

/** Rows as aligned lines under their column names; the columns are those of all rows, in order of appearance. */
export function formatTable(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const layouts = columns.map((column) => {
    const cells = rows.map((row) => row[column] ?? '');
    const width = Math.max(column.length, ...cells.map((cell) => String(cell).length));
    // what is missing keeps a column of numbers one
    return {
      column,
      width,
      right: cells.every((cell) => ['', '–'].includes(String(cell)) || typeof cell === 'number'),
    };
  });
  const line = (textOf: (column: string) => string): string =>
    layouts
      .map(({ column, width, right }) => (right ? textOf(column).padStart(width) : textOf(column).padEnd(width)))
      .join(GAP)
      .trimEnd();
  const rule = layouts.map(({ width }) => '-'.repeat(width)).join(GAP);
  return [line((column) => column), rule, ...rows.map((row) => line((column) => String(row[column] ?? '')))].join('\n');
}
