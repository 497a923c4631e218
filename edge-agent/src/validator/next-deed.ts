// What a round needs next of a validator: a pure function of what the ledger shows.

import { agreementOf, type AttestationState } from '@muster/protocol';
import type { JobSight } from '../watch/index.ts';

/** A deed, and from when the ledger allows it (milliseconds since 1970). */
export type Deed =
  | { readonly kind: 'reveal'; readonly from: number }
  | { readonly kind: 'close'; readonly from: number }
  | { readonly kind: 'attest'; readonly from: number }
  | {
      readonly kind: 'finalise';
      readonly from: number;
      readonly aggregate: string;
      readonly organisations: readonly string[];
    }
  | { readonly kind: 'abandon'; readonly from: number; readonly reason: string }
  | { readonly kind: 'wait' };

/** How long a quorum waits for those who have not attested yet: their evaluation and their vote are worth having too. */
const GRACE_MS = 500;

/** The largest group of attestations that say the same; distinct organisations by construction. */
export function largestAgreement(attestations: readonly AttestationState[]): readonly AttestationState[] {
  const groups = Map.groupBy(attestations, agreementOf);
  return [...groups.values()].reduce<readonly AttestationState[]>(
    (largest, group) => (group.length > largest.length ? group : largest),
    [],
  );
}

function whileCommitting({ job, round, commitments = [] }: JobSight): Deed {
  const { minimum, complete } = job.terms.participation;
  const until = round.commitsUntil ?? 0;
  if (commitments.length >= complete) return { kind: 'reveal', from: round.openedAt };
  if (commitments.length >= minimum) return { kind: 'reveal', from: until };
  const reason = `${commitments.length} commitments in the window, ${minimum} are needed`;
  return { kind: 'abandon', from: until + 1, reason };
}

function whileOpen({ job, round, updates }: JobSight): Deed {
  const { minimum, complete } = job.terms.participation;
  // where agents committed, all of them may reveal
  const hoped = round.commitments?.count ?? complete;
  if (updates.length >= hoped) return { kind: 'close', from: round.revealedAt ?? round.openedAt };
  if (updates.length >= minimum) return { kind: 'close', from: round.updatesUntil };
  return {
    kind: 'abandon',
    from: round.updatesUntil + 1,
    reason: `${updates.length} updates in the window, ${minimum} are needed`,
  };
}

function whileClosed({ job, round, attestations }: JobSight, organisation: string): Deed {
  const needed = job.terms.quorum.attestations;
  const agreeing = largestAgreement(attestations);
  const [first] = agreeing;
  if (first !== undefined && agreeing.length >= needed) {
    const organisations = agreeing.map((each) => each.organisation).sort();
    // a dissenter leaves it to those who agree: its own peer would not endorse
    if (!organisations.includes(organisation)) return { kind: 'wait' };
    const all = agreeing.length === job.terms.organisations.length;
    const from = all ? (round.closedAt ?? 0) : Math.max(...agreeing.map(({ at }) => at)) + GRACE_MS;
    return { kind: 'finalise', from, aggregate: first.aggregate.digest, organisations };
  }
  const until = round.attestationsUntil ?? 0;
  if (!attestations.some((each) => each.organisation === organisation))
    return { kind: 'attest', from: round.closedAt ?? 0 };
  return { kind: 'abandon', from: until + 1, reason: `${agreeing.length} attestations agree, ${needed} are needed` };
}

/** The next deed of a round for the validator of an organisation. */
export function nextDeed(sight: JobSight, organisation: string): Deed {
  if (sight.round.phase === 'committing') return whileCommitting(sight);
  if (sight.round.phase === 'open') return whileOpen(sight);
  return sight.round.phase === 'closed' ? whileClosed(sight, organisation) : { kind: 'wait' };
}

/**
 * Whose turn it is: organisations take turns by round, and the one of rank k holds back k steps, so that normally one acts.
 */
export function rankOf({ job, round }: Pick<JobSight, 'job' | 'round'>, organisation: string): number {
  const { organisations } = job.terms;
  const n = organisations.length;
  return (organisations.indexOf(organisation) + n - (round.round % n)) % n;
}

/**
 * Whom a finaliser names. All who agree at first; where that fails (a peer of theirs may lag or be down, and each named one
 * must endorse) m of them at a time, always with itself.
 */
export function nameEndorsers(agreeing: readonly string[], own: string, needed: number, failures: number): string[] {
  if (failures === 0 || agreeing.length <= needed) return [...agreeing];
  const others = agreeing.filter((organisation) => organisation !== own);
  const rotated = others.map((_, i) => others[(i + failures - 1) % others.length] as string);
  return [own, ...rotated.slice(0, needed - 1)].sort();
}
