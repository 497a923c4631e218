// Rows of a page: what is the same for all that a transaction recorded is said once a transaction, and whose page it is once a
// page. Pages are read, endorsed, ordered and stored with every batch, so their size is what recording costs.

import { merkleRoot } from '../bytes/merkle.ts';
import type { Moment } from '../consortium/consortium.ts';
import type { Updates } from '../statements.ts';

/** What all rows of a page share. */
interface Page {
  readonly organisation: string;
  /** of the transactions that recorded them */
  readonly moments: readonly Moment[];
}

/** What is recorded, by the names of agents; `moment` is the index of its transaction's. */
type Rows<R> = Readonly<Record<string, R & { readonly moment: number }>>;

/** A row, with what its page says for all. */
type Told<R> = { readonly by: string } & R & Moment;

/** The row of an agent; undefined where it has none. */
export function rowOf<R extends object>(page: Page, rows: Rows<R>, name: string): Told<R> | undefined {
  // an agent may be called what objects inherit: `constructor` is a name
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) return undefined;
  const { moment, ...rest } = row;
  // every row was written together with its moment
  return { by: `${page.organisation}/${name}`, ...(rest as unknown as R), ...(page.moments[moment] as Moment) };
}

/** All rows of a page. */
export function rowsOf<R extends object>(page: Page, rows: Rows<R>): Told<R>[] {
  return Object.keys(rows).map((name) => rowOf(page, rows, name) as Told<R>);
}

/** Moments and rows of a page with one row more. */
export function addRow<R extends object>(
  { moments }: Page,
  rows: Rows<R>,
  name: string,
  row: R,
  { at, transaction }: Moment,
): { moments: readonly Moment[]; rows: Rows<R> } {
  const isNew = moments.at(-1)?.transaction !== transaction;
  const told = isNew ? [...moments, { at, transaction }] : moments;
  return { moments: told, rows: { ...rows, [name]: { ...row, moment: told.length - 1 } } };
}

/** In order of their agents' names: the one order in which everyone lists them. */
export function sortByName<T extends { readonly by: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => (a.by < b.by ? -1 : 1));
}

/** Count and root (RFC 6962, section 2.1) of the leaves of what is listed. */
export function countAndRoot(leaves: readonly Buffer[]): Updates {
  return { count: leaves.length, root: `sha256:${merkleRoot(leaves).toString('hex')}` };
}
