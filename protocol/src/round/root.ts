// root: an organisation's validator records what it trained on the job's root data, once. It is no agent's update: it has an act and
// a key of its own, so that nothing which counts updates, compares them or asks for commitments ever meets it.

import { canonicalBytes } from '../bytes/canonical.ts';
import { leafHash } from '../bytes/merkle.ts';
import type { Moment } from '../consortium/consortium.ts';
import { MusterError } from '../errors.ts';
import { verifyMember, verifyStatus } from '../job/job.ts';
import { rootsNeeded, type Terms } from '../job/terms.ts';
import { event, type LedgerEvent } from '../ledger/events.ts';
import type { JobState, RootState, RoundState } from '../ledger/state.ts';
import type { RootUpdates, Stated, Updates } from '../statements.ts';
import { verifyBefore, verifyNotBefore, verifyPhase } from './open.ts';
import { countAndRoot, sortByName } from './rows.ts';

/** The root updates that are there, in order of their signatories' names. */
export function listRoots<T extends { readonly by: string }>(roots: readonly (T | undefined)[]): T[] {
  return sortByName(roots.filter((root) => root !== undefined));
}

/** Count and RFC 6962 root of root updates, in the order of {@link listRoots}; a leaf is canonical JSON. */
export function commitRoots(roots: readonly Pick<RootState, 'by' | 'update' | 'jti'>[]): Updates {
  return countAndRoot(roots.map(({ by, update, jti }) => leafHash(canonicalBytes({ by, update, jti }))));
}

/**
 * Records an organisation's root update, while updates are committed to or recorded. The validator has been authenticated.
 * @param existing what the organisation has recorded in the round, as keys.root names it
 * @throws ERR_JOB_OUTSIDER, ERR_ROOT_UNASKED, ERR_ENVELOPE_REPLAYED, ERR_UPDATE_DUPLICATE, ERR_ROUND_PHASE, ERR_JOB_STATUS,
 *   ERR_ROUND_EARLY, ERR_ROUND_LATE, ERR_ROUND_BASE, ERR_UPDATE_LIMIT
 */
export function recordRoot(
  job: JobState,
  round: RoundState,
  existing: RootState | undefined,
  { organisation, envelope, statement }: Stated<'round.root'>,
  { at, transaction }: Moment,
): { state: RootState; events: LedgerEvent[] } {
  const { by, jti, base, update, metrics } = statement;
  verifyMember(job, organisation);
  if (job.terms.root === undefined) throw new MusterError('ERR_ROOT_UNASKED', { job: job.job });
  if (existing?.jti === jti) throw new MusterError('ERR_ENVELOPE_REPLAYED', { jti });
  if (existing !== undefined) {
    throw new MusterError('ERR_UPDATE_DUPLICATE', { by, digest: update.digest, recorded: existing.update.digest });
  }
  if (round.phase !== 'committing') verifyPhase(round, 'open');
  verifyStatus(job, 'approved');
  verifyNotBefore(round, round.openedAt, at);
  verifyBefore(round, round.updatesUntil, at);
  if (base !== round.base.digest) throw new MusterError('ERR_ROUND_BASE', { base, expected: round.base.digest });
  const { updateBytes: limit } = job.terms.limits;
  if (update.size > limit)
    throw new MusterError('ERR_UPDATE_LIMIT', { field: 'update.size', value: update.size, limit });
  const { certificate } = envelope;
  const own = { v: 1, job: job.job, round: round.round, organisation } as const;
  const state: RootState = { ...own, by, certificate, jti, update, metrics, at, transaction };
  return { state, events: [event('round.rooted', state)] };
}

/**
 * What close keeps of a round's root updates; nothing where the job has no root data.
 * @param roots of the job's organisations
 * @throws ERR_ROUND_EARLY, ERR_QUORUM_SHORT
 */
export function closeRoots(
  terms: Terms,
  round: RoundState,
  roots: readonly (RootState | undefined)[],
  at: number,
): Pick<RoundState, 'rootUpdates'> {
  if (terms.root === undefined) return {};
  const recorded = listRoots(roots);
  verifyNotBefore(
    round,
    recorded.reduce((latest, root) => Math.max(latest, root.at), round.openedAt),
    at,
  );
  const [count, needed] = [recorded.length, rootsNeeded(terms)];
  if (count < needed) throw new MusterError('ERR_QUORUM_SHORT', { of: 'root updates', count, needed });
  return { rootUpdates: commitRoots(recorded) };
}

/**
 * Checks what an attestation says of root updates: those of the ledger, and more of them counted than may lie.
 * @throws ERR_ATTESTATION_MISMATCH, ERR_QUORUM_SHORT
 */
export function verifyRoots(terms: Terms, round: RoundState, claimed: RootUpdates | undefined): void {
  const told = (roots: Updates | undefined): string => (roots === undefined ? 'none' : `${roots.count} ${roots.root}`);
  const equal = (field: string, value: string, expected: string): void => {
    if (value !== expected) throw new MusterError('ERR_ATTESTATION_MISMATCH', { field, value, expected });
  };
  equal('rootUpdates', told(claimed), told(round.rootUpdates));
  if (claimed === undefined) return;
  const names = claimed.excluded.map(({ by }) => by);
  const once = sortByName([...new Set(names)].map((by) => ({ by })));
  equal('rootUpdates.excluded', names.join(), once.map(({ by }) => by).join());
  // of m needed fewer than half may lie; were those left out, more than half are left
  const [count, needed] = [claimed.count - names.length, Math.floor(rootsNeeded(terms) / 2) + 1];
  if (count < needed) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted root updates', count, needed });
}
