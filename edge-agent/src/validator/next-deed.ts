// What a round needs next of a validator: a pure function of what the ledger shows.

import {
  agreementOf,
  commitsAttestations,
  independentNeeded,
  isSealing,
  rootsNeeded,
  splitSignatory,
  type AttestationState,
  type Committed,
} from '@muster/protocol';
import type { JobSight } from '../watch/index.ts';

/** A deed, and from when the ledger allows it (milliseconds since 1970). */
export type Deed =
  | { readonly kind: 'commit'; readonly from: number }
  | { readonly kind: 'reveal'; readonly from: number; readonly of: Committed }
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
  if (commitments.length >= complete) return { kind: 'reveal', of: 'update', from: round.openedAt };
  if (commitments.length >= minimum) return { kind: 'reveal', of: 'update', from: until };
  const reason = `${commitments.length} commitments in the window, ${minimum} are needed`;
  return { kind: 'abandon', from: until + 1, reason };
}

function whileOpen({ job, round, updates, roots = [] }: JobSight): Deed {
  const { minimum, complete } = job.terms.participation;
  const needed = rootsNeeded(job.terms);
  const late = { kind: 'abandon', from: round.updatesUntil + 1 } as const;
  if (updates.length < minimum) {
    return { ...late, reason: `${updates.length} updates in the window, ${minimum} are needed` };
  }
  if (roots.length < needed) {
    return { ...late, reason: `${roots.length} root updates in the window, ${needed} are needed` };
  }
  // where agents committed, all of them may reveal
  const hoped = round.commitments?.count ?? complete;
  const from = updates.length >= hoped ? (round.revealedAt ?? round.openedAt) : round.updatesUntil;
  return { kind: 'close', from };
}

/** While attestations are committed to: one's own first, then revealing. */
function whileSealing({ job, round, commitments = [] }: JobSight, organisation: string, now: number): Deed {
  const { terms } = job;
  const of = commitments.filter((each) => each.of === 'attestation').map(({ by }) => splitSignatory(by).organisation);
  const committed = new Set(of);
  const [from, until] = [round.closedAt ?? 0, round.attestationCommitsUntil ?? 0];
  if (!committed.has(organisation) && now <= until) return { kind: 'commit', from };
  if (committed.size >= terms.organisations.length) return { kind: 'reveal', of: 'attestation', from };
  const needed = independentNeeded(terms);
  if (committed.size >= needed) return { kind: 'reveal', of: 'attestation', from: until };
  const reason = `${committed.size} organisations committed to their attestations, ${needed} are needed`;
  return { kind: 'abandon', from: until + 1, reason };
}

/** What attestations that say the same are short of to make a model; undefined where they make one. */
function shortOf({ terms }: JobSight['job'], agreeing: readonly AttestationState[]): string | undefined {
  const needed = terms.quorum.attestations;
  if (agreeing.length < needed) return `${agreeing.length} attestations agree, ${needed} are needed`;
  if (!commitsAttestations(terms)) return undefined;
  const independent = agreeing.filter((each) => each.independent === true).length;
  const least = independentNeeded(terms);
  return independent >= least ? undefined : `${independent} of those that agree are independent, ${least} are needed`;
}

function whileAttesting({ job, round, attestations }: JobSight, organisation: string, now: number): Deed {
  const agreeing = largestAgreement(attestations);
  const short = shortOf(job, agreeing);
  if (short === undefined) {
    const organisations = agreeing.map((each) => each.organisation).sort();
    // a dissenter leaves it to those who agree: its own peer would not endorse
    if (!organisations.includes(organisation)) return { kind: 'wait' };
    const all = agreeing.length === job.terms.organisations.length;
    const from = all ? (round.closedAt ?? 0) : Math.max(...agreeing.map(({ at }) => at)) + GRACE_MS;
    const { aggregate } = agreeing[0] as AttestationState;
    return { kind: 'finalise', from, aggregate: aggregate.digest, organisations };
  }
  const until = round.attestationsUntil ?? 0;
  const attested = attestations.some((each) => each.organisation === organisation);
  // whoever could not attest in time abandons like the others: it may be that nobody could
  if (!attested && now <= until) return { kind: 'attest', from: round.closedAt ?? 0 };
  return { kind: 'abandon', from: until + 1, reason: short };
}

/** The next deed of a round for the validator of an organisation. @param now milliseconds since 1970 */
export function nextDeed(sight: JobSight, organisation: string, now: number): Deed {
  if (sight.round.phase === 'committing') return whileCommitting(sight);
  if (sight.round.phase === 'open') return whileOpen(sight);
  if (sight.round.phase !== 'closed') return { kind: 'wait' };
  return isSealing(sight.round) ? whileSealing(sight, organisation, now) : whileAttesting(sight, organisation, now);
}

/**
 * Whose turn it is: organisations take turns by round, and the one of rank k holds back k steps, so that normally one acts.
 */
export function rankOf({ job, round }: Pick<JobSight, 'job' | 'round'>, organisation: string): number {
  const { organisations } = job.terms;
  const n = organisations.length;
  return (organisations.indexOf(organisation) + n - (round.round % n)) % n;
}

/** What a finaliser knows beyond who agrees. */
export interface Naming {
  readonly own: string;
  /** how many must endorse */
  readonly needed: number;
  /** tries that failed */
  readonly failures: number;
  /** organisations whose peers gave no answer lately */
  readonly silent: readonly string[];
}

/**
 * Whom a finaliser names. All who agree and are not known to be silent at first; where that fails (a peer of theirs may lag or be
 * down, and each named one must endorse) m of them at a time, always with itself.
 */
export function nameEndorsers(agreeing: readonly string[], { own, needed, failures, silent }: Naming): string[] {
  const answering = agreeing.filter((organisation) => !silent.includes(organisation));
  const candidates = answering.length < needed ? agreeing : answering;
  if (failures === 0 || candidates.length <= needed) return [...candidates];
  const itself = candidates.filter((organisation) => organisation === own);
  const others = candidates.filter((organisation) => organisation !== own);
  const rotated = others.map((_, i) => others[(i + failures - 1) % others.length] as string);
  return [...itself, ...rotated.slice(0, needed - itself.length)].sort();
}
