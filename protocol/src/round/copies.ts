// copies: of several updates with one and the same artefact in a round only the first counts.

import type { UpdateEntry } from '../ledger/state.ts';

/** What tells who was first with what. */
export type Timed = Pick<UpdateEntry, 'by' | 'update' | 'at'>;

/** The code under which a copy is left out. */
export const COPIED = 'ERR_UPDATE_COPIED';

function isBefore(a: Timed, b: Timed): boolean {
  return a.at === b.at ? a.by < b.by : a.at < b.at;
}

/**
 * Who copied: by agent, whom. First is what was recorded at the earliest time, of one time the first by name. The records say it
 * all, so whoever lists the round's updates comes to the same without a byte of them. Content id, digest and size must be one:
 * a digest under another content id would leave the real one out and not be it.
 */
export function copiesAmong(updates: readonly Timed[]): ReadonlyMap<string, string> {
  const firsts = new Map<string, Timed>();
  const idOf = ({ update: { cid, digest, size } }: Timed): string => `${cid} ${digest} ${size}`;
  for (const update of updates) {
    const first = firsts.get(idOf(update));
    if (first === undefined || isBefore(update, first)) firsts.set(idOf(update), update);
  }
  const copies = new Map<string, string>();
  for (const update of updates) {
    const { by } = firsts.get(idOf(update)) as Timed;
    if (by !== update.by) copies.set(update.by, by);
  }
  return copies;
}
