// The keys of the ledger: one key a thing, composite, without shared counters.

import { sha256 } from '../bytes/digest.ts';
import type { Terms } from '../job/terms.ts';

/** A composite key: its object type, then its attributes. */
export type Key<T extends KeyType = KeyType> = readonly [type: T, ...attributes: string[]];

export const KEY_TYPES = [
  'organisation',
  'roster',
  'job',
  'model',
  'round',
  'commitments',
  'updates',
  'attestation-commitment',
  'root',
  'attestation',
  'reputation',
] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** Certificates of an organisation lie on this many pages: a batch of updates reads few values, and none grows too large. */
export const ROSTER_PAGES = 8;
/** Updates of an organisation in a round lie on pages of about this many. */
const UPDATES_PER_PAGE = 64;

/** Page of a text among some pages, by its SHA-256. */
export function pageIndex(text: string, pages: number): number {
  return sha256(text).readUInt32BE() % pages;
}

const pageOf = (text: string, pages: number): string => String(pageIndex(text, pages));

/** Round numbers sort as text. */
const padded = (round: number): string => String(round).padStart(7, '0');

/** How many pages hold the updates of one organisation in one round. */
export function updatePages(terms: Pick<Terms, 'limits'>): number {
  return Math.ceil(terms.limits.updates / UPDATES_PER_PAGE);
}

/**
 * How many updates a page takes. One page holds an organisation's limit exactly. Of several, each takes up to twice its
 * share: names fall on pages by hash, and an exact count over all pages would be a key that every batch writes.
 */
export function updatesPerPage(terms: Pick<Terms, 'limits'>): number {
  const { updates } = terms.limits;
  return updatePages(terms) === 1 ? updates : 2 * UPDATES_PER_PAGE;
}

/** How many updates a round can take at most, of all organisations. */
export function mostUpdates(terms: Pick<Terms, 'limits' | 'organisations'>): number {
  return terms.organisations.length * updatePages(terms) * updatesPerPage(terms);
}

export const keys = {
  organisation: (organisation: string): Key<'organisation'> => ['organisation', organisation],
  /** certificates of an organisation, the page of one */
  roster: (organisation: string, certificate: string): Key<'roster'> => [
    'roster',
    organisation,
    pageOf(certificate, ROSTER_PAGES),
  ],
  rosterPage: (organisation: string, page: number): Key<'roster'> => ['roster', organisation, String(page)],
  job: (job: string): Key<'job'> => ['job', job],
  /** the model pointer of a job; endorsed by its organisations */
  model: (job: string): Key<'model'> => ['model', job],
  round: (job: string, round: number): Key<'round'> => ['round', job, padded(round)],
  /** updates of an organisation in a round, the page of one agent */
  updates: (job: string, round: number, organisation: string, name: string, pages: number): Key<'updates'> => [
    'updates',
    job,
    padded(round),
    organisation,
    pageOf(name, pages),
  ],
  updatesPage: (job: string, round: number, organisation: string, page: number): Key<'updates'> => [
    'updates',
    job,
    padded(round),
    organisation,
    String(page),
  ],
  /** commitments to updates: paged as the updates are, so that whoever committed finds room to reveal */
  commitments: (job: string, round: number, organisation: string, name: string, pages: number): Key<'commitments'> => [
    'commitments',
    job,
    padded(round),
    organisation,
    pageOf(name, pages),
  ],
  commitmentsPage: (job: string, round: number, organisation: string, page: number): Key<'commitments'> => [
    'commitments',
    job,
    padded(round),
    organisation,
    String(page),
  ],
  /** the commitment of an organisation to its attestation */
  attestationCommitment: (job: string, round: number, organisation: string): Key<'attestation-commitment'> => [
    'attestation-commitment',
    job,
    padded(round),
    organisation,
  ],
  /** an organisation's root update */
  root: (job: string, round: number, organisation: string): Key<'root'> => ['root', job, padded(round), organisation],
  attestation: (job: string, round: number, organisation: string): Key<'attestation'> => [
    'attestation',
    job,
    padded(round),
    organisation,
  ],
  /** a page of the reputations of an organisation's agents in a job: as many as its updates have, by the same names */
  reputationPage: (job: string, organisation: string, page: number): Key<'reputation'> => [
    'reputation',
    job,
    organisation,
    String(page),
  ],
} as const;

type Paged = Pick<Terms, 'limits' | 'organisations'>;

const pagesFor = (terms: Pick<Terms, 'limits'>): number[] =>
  Array.from({ length: updatePages(terms) }, (_, page) => page);

/** All pages of a round's updates: their keys follow from the terms, so that no range is read. */
export function updatesPageKeys(terms: Paged, job: string, round: number): Key<'updates'>[] {
  const pages = pagesFor(terms);
  return terms.organisations.flatMap((organisation) =>
    pages.map((page) => keys.updatesPage(job, round, organisation, page)),
  );
}

/** All pages of a round's commitments to updates; none where the job has none. */
export function commitmentsPageKeys(
  terms: Paged & Pick<Terms, 'commitments'>,
  job: string,
  round: number,
): Key<'commitments'>[] {
  if (terms.commitments?.updatesMs === undefined) return [];
  const pages = pagesFor(terms);
  return terms.organisations.flatMap((organisation) =>
    pages.map((page) => keys.commitmentsPage(job, round, organisation, page)),
  );
}

/** The root updates of a round, in order of the job's organisations; none where the job has no root data. */
export function rootKeys(
  { organisations, root }: Pick<Terms, 'organisations' | 'root'>,
  job: string,
  round: number,
): Key<'root'>[] {
  return root === undefined ? [] : organisations.map((organisation) => keys.root(job, round, organisation));
}

/** The commitments to attestations of a round, in order of the job's organisations; none where the job has none. */
export function attestationCommitmentKeys(
  { organisations, commitments }: Pick<Terms, 'organisations' | 'commitments'>,
  job: string,
  round: number,
): Key<'attestation-commitment'>[] {
  if (commitments?.attestationsMs === undefined) return [];
  return organisations.map((organisation) => keys.attestationCommitment(job, round, organisation));
}

/** All pages of the reputations of an organisation's agents in a job. */
export function reputationPageKeys(
  terms: Pick<Terms, 'limits'>,
  job: string,
  organisation: string,
): Key<'reputation'>[] {
  return pagesFor(terms).map((page) => keys.reputationPage(job, organisation, page));
}
