// What an entry of the catalogue is, and how entries are written.

/**
 * What a failure asks of the caller: `refused` the law said no, never retry; `conflict` another transaction was faster,
 * retry as a fresh one; `unreachable` transport, retry the same; `defect` a bug, nothing is told outside.
 */
export type Family = 'refused' | 'conflict' | 'unreachable' | 'defect';

export interface Entry<D> {
  readonly family: Family;
  readonly http: number;
  readonly message: (details: D) => string;
}

const entry =
  (family: Family) =>
  <D>(http: number, message: (details: D) => string): Entry<D> => ({ family, http, message });
export const refused = entry('refused');
export const conflict = entry('conflict');
export const unreachable = entry('unreachable');
export const defect = entry('defect');

/** One bad field of a document: where it is and what is wrong with it. */
export interface Issue {
  readonly field: string;
  readonly problem: string;
}

export const issues = (list: readonly Issue[]): string => list.map((i) => `${i.field}: ${i.problem}`).join('; ');
