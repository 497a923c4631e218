// A page of updates.

import { canonicalBytes } from '../bytes/canonical.ts';
import { leafHash } from '../bytes/merkle.ts';
import type { Moment } from '../consortium/consortium.ts';
import type { UpdateEntry, UpdatesState } from '../ledger/state.ts';
import type { Updates } from '../statements.ts';
import { addRow, countAndRoot, rowOf, rowsOf, sortByName } from './rows.ts';

/** A page that holds nothing yet. */
export function emptyPage(organisation: string): UpdatesState {
  return { v: 2, organisation, moments: [], updates: {} };
}

/** The update of an agent on its organisation's page; undefined where it has none. */
export function entryOn(page: UpdatesState, name: string): UpdateEntry | undefined {
  return rowOf(page, page.updates, name);
}

/** All updates of a page. */
export function entriesOn(page: UpdatesState): UpdateEntry[] {
  return rowsOf(page, page.updates);
}

/** The page with one update more. */
export function addEntry(
  page: UpdatesState,
  name: string,
  { jti, update, examples }: Pick<UpdateEntry, 'jti' | 'update' | 'examples'>,
  moment: Moment,
): UpdatesState {
  const { moments, rows } = addRow(page, page.updates, name, { jti, update, examples }, moment);
  return { ...page, moments, updates: rows };
}

/** All updates of some pages, in order of their agents' names: the one order in which everyone lists them. */
export function listUpdates(pages: readonly (UpdatesState | undefined)[]): UpdateEntry[] {
  return sortByName(pages.flatMap((page) => (page === undefined ? [] : entriesOn(page))));
}

/** The leaf of an update in the round's tree: who, which bytes, how many examples. */
export function updateLeaf({ by, update, examples, jti }: UpdateEntry): Buffer {
  return leafHash(canonicalBytes({ by, update, examples, jti }));
}

/** Count and RFC 6962 root of a round's updates, in the order of {@link listUpdates}. */
export function commitUpdates(updates: readonly UpdateEntry[]): Updates {
  return countAndRoot(updates.map(updateLeaf));
}
