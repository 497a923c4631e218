// A page of commitments: as pages of updates are, what is the same for all of a transaction is said once.

import { canonicalBytes } from '../bytes/canonical.ts';
import { leafHash, merkleRoot } from '../bytes/merkle.ts';
import type { Moment } from '../consortium/consortium.ts';
import type { CommitmentEntry, CommitmentsState } from '../ledger/state.ts';
import type { Updates } from '../statements.ts';

/** A page that holds nothing yet. */
export function emptyCommitments(organisation: string): CommitmentsState {
  return { v: 1, organisation, moments: [], commitments: {} };
}

/** The commitment of an agent on its organisation's page; undefined where it has none. */
export function commitmentOn(page: CommitmentsState, name: string): CommitmentEntry | undefined {
  // an agent may be called what objects inherit
  const row = Object.hasOwn(page.commitments, name) ? page.commitments[name] : undefined;
  if (row === undefined) return undefined;
  const { moment, ...rest } = row;
  return { by: `${page.organisation}/${name}`, ...rest, ...(page.moments[moment] as Moment) };
}

/** The page with one commitment more. */
export function addCommitment(
  page: CommitmentsState,
  name: string,
  { jti, commitment }: Pick<CommitmentEntry, 'jti' | 'commitment'>,
  { at, transaction }: Moment,
): CommitmentsState {
  const { moments, commitments } = page;
  const isNew = moments.at(-1)?.transaction !== transaction;
  const told = isNew ? [...moments, { at, transaction }] : moments;
  return {
    ...page,
    moments: told,
    commitments: { ...commitments, [name]: { jti, commitment, moment: told.length - 1 } },
  };
}

/** All commitments of some pages, in order of their agents' names. */
export function listCommitments(pages: readonly (CommitmentsState | undefined)[]): CommitmentEntry[] {
  return pages
    .flatMap((page) =>
      page === undefined
        ? []
        : Object.keys(page.commitments).map((name) => commitmentOn(page, name) as CommitmentEntry),
    )
    .sort((a, b) => (a.by < b.by ? -1 : 1));
}

/** Count and RFC 6962 root of a round's commitments, in the order of {@link listCommitments}; a leaf is canonical JSON. */
export function rootOfCommitments(entries: readonly CommitmentEntry[]): Updates {
  const leaves = entries.map(({ by, commitment, jti }) => leafHash(canonicalBytes({ by, commitment, jti })));
  return { count: entries.length, root: `sha256:${merkleRoot(leaves).toString('hex')}` };
}
