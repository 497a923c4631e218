// Whose attestations made a round's model, as a person reads it: those that may have been copied are marked.

import type { RoundState } from '@muster/protocol';

const MARK = '*';

/** What the mark of {@link attestedBy} means. */
export const MARK_MEANS = `${MARK} attested what it had not committed to before others' attestations were shown: it may be a copy`;

type Attested = Partial<Pick<RoundState, 'attestedBy' | 'dependent'>>;

/** The organisations whose attestations agreed, each marked where its attestation is not independent. */
export function attestedBy({ attestedBy: names = [], dependent = [] }: Attested, separator = ' '): string {
  return names.map((name) => (dependent.includes(name) ? `${name}${MARK}` : name)).join(separator);
}

/** A table of rounds, with what its marks mean where there are any. */
export function explained(text: string, rounds: readonly Pick<RoundState, 'dependent'>[]): string {
  return rounds.some(({ dependent = [] }) => dependent.length > 0) ? `${text}\n\n${MARK_MEANS}` : text;
}
