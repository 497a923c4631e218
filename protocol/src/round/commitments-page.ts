// A page of commitments.

import { canonicalBytes } from '../bytes/canonical.ts';
import { leafHash } from '../bytes/merkle.ts';
import type { Moment } from '../consortium/consortium.ts';
import type { CommitmentEntry, CommitmentsState } from '../ledger/state.ts';
import type { Updates } from '../statements.ts';
import { addRow, countAndRoot, rowOf, rowsOf, sortByName } from './rows.ts';

/** A page that holds nothing yet. */
export function emptyCommitments(organisation: string): CommitmentsState {
  return { v: 1, organisation, moments: [], commitments: {} };
}

/** The commitment of an agent on its organisation's page; undefined where it has none. */
export function commitmentOn(page: CommitmentsState, name: string): CommitmentEntry | undefined {
  return rowOf(page, page.commitments, name);
}

/** The page with one commitment more. */
export function addCommitment(
  page: CommitmentsState,
  name: string,
  { jti, commitment }: Pick<CommitmentEntry, 'jti' | 'commitment'>,
  moment: Moment,
): CommitmentsState {
  const { moments, rows } = addRow(page, page.commitments, name, { jti, commitment }, moment);
  return { ...page, moments, commitments: rows };
}

/** All commitments of some pages, in order of their agents' names. */
export function listCommitments(pages: readonly (CommitmentsState | undefined)[]): CommitmentEntry[] {
  return sortByName(pages.flatMap((page) => (page === undefined ? [] : rowsOf(page, page.commitments))));
}

/** Count and RFC 6962 root of a round's commitments, in the order of {@link listCommitments}; a leaf is canonical JSON. */
export function rootOfCommitments(entries: readonly CommitmentEntry[]): Updates {
  return countAndRoot(entries.map(({ by, commitment, jti }) => leafHash(canonicalBytes({ by, commitment, jti }))));
}
