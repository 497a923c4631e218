// A page of updates: what is the same for all that a transaction recorded is said once a transaction, and whose page it is once
// a page. Pages are read, endorsed, ordered and stored with every batch, so their size is what recording costs.

import type { Moment } from '../consortium/consortium.ts';
import type { UpdateEntry, UpdatesState } from '../ledger/state.ts';

/** A page that holds nothing yet. */
export function emptyPage(organisation: string): UpdatesState {
  return { v: 2, organisation, moments: [], updates: {} };
}

/** The update of an agent on its organisation's page; undefined where it has none. */
export function entryOn(page: UpdatesState, name: string): UpdateEntry | undefined {
  // an agent may be called what objects inherit: `constructor` is a name
  const row = Object.hasOwn(page.updates, name) ? page.updates[name] : undefined;
  if (row === undefined) return undefined;
  const { moment, ...rest } = row;
  // every row was written together with its moment
  return { by: `${page.organisation}/${name}`, ...rest, ...(page.moments[moment] as Moment) };
}

/** All updates of a page. */
export function entriesOn(page: UpdatesState): UpdateEntry[] {
  return Object.keys(page.updates).map((name) => entryOn(page, name) as UpdateEntry);
}

/** The page with one update more. */
export function addEntry(
  page: UpdatesState,
  name: string,
  { jti, update, examples }: Pick<UpdateEntry, 'jti' | 'update' | 'examples'>,
  { at, transaction }: Moment,
): UpdatesState {
  const { moments, updates } = page;
  const isNew = moments.at(-1)?.transaction !== transaction;
  const told = isNew ? [...moments, { at, transaction }] : moments;
  return {
    ...page,
    moments: told,
    updates: { ...updates, [name]: { jti, update, examples, moment: told.length - 1 } },
  };
}
