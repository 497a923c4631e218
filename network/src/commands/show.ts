// How commands show what they found: tables for people, one JSON object a line for programs.

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes a line for people or an object for programs. */
export function tell(json: boolean | undefined, told: object, text: string): void {
  process.stdout.write(`${json === true ? JSON.stringify(told) : text}\n`);
}

/** Writes items as a table, or each as one JSON line. */
export function tellAll<T extends object>(
  json: boolean | undefined,
  items: readonly T[],
  head: readonly string[],
  row: (item: T) => readonly string[],
): void {
  if (json === true) for (const item of items) process.stdout.write(`${JSON.stringify(item)}\n`);
  else process.stdout.write(`${items.length === 0 ? 'nothing found' : table(head, items.map(row))}\n`);
}

/** Enough of a digest to tell it from others. */
export function short(digest: string | undefined): string {
  return digest === undefined ? '-' : digest.slice(0, 'sha256:'.length + 12);
}

/** A ledger's time. */
export function when(at: number): string {
  return new Date(at).toISOString();
}
