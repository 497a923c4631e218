// attest: the aggregate recomputed from what was recorded, evaluated on the organisation's own hold-out, stated.

import {
  canonicalise,
  commitRoots,
  commitUpdates,
  decodeParameters,
  MusterError,
  verifyRoots,
  type Artefact,
  type RootUpdates,
  type RoundState,
  type Unsealed,
  type Updates,
} from '@muster/protocol';
import type { Member } from '../client/index.ts';
import type { DataOrigin } from '../data/index.ts';
import type { Trainers } from '../agent/trainers.ts';
import type { JobSight } from '../watch/index.ts';
import type { Ballot } from './ballot.ts';
import type { Beacons } from './beacon.ts';
import { inMicro } from './micro.ts';
import { scoreUpdates } from './score-updates.ts';

export interface AttestOptions {
  readonly member: Member;
  /** keeps the bytes that are stated, or only tells what they are called */
  readonly store: (bytes: Uint8Array) => Promise<Artefact>;
  readonly trainers: Trainers;
  readonly holdout: DataOrigin;
  readonly beacons: Beacons;
}

export interface Attestation {
  readonly statement: Unsealed<'round.attest'>;
  /** bytes of what is stated, by content id: the next round begins with them if enough others agree */
  readonly made: ReadonlyMap<string, Uint8Array>;
  /** why it has no scores, where the job asks for them */
  readonly silent?: string;
  readonly seconds: { readonly aggregate: number; readonly evaluate: number; readonly score: number };
}

/** The updates this gateway shows must be those the round was closed on: it may lag behind the ledger. */
function verifyComplete({ round, updates, roots = [] }: JobSight): void {
  const equal = (field: string, found: Updates, counted: Updates | undefined): void => {
    const [value, expected] = [canonicalise(found), canonicalise(counted)];
    if (value !== expected) throw new MusterError('ERR_ATTESTATION_MISMATCH', { field, value, expected });
  };
  equal('updates', commitUpdates(updates), round.updates);
  if (round.rootUpdates !== undefined) equal('rootUpdates', commitRoots(roots), round.rootUpdates);
}

/** Counts the round's root updates, where its job has root data. @throws ERR_QUORUM_SHORT where too few hold up */
async function countRoots(
  { job, round, roots = [] }: JobSight,
  ballot: Ballot,
): Promise<{ rootUpdates?: RootUpdates }> {
  if (round.rootUpdates === undefined) return {};
  const rootUpdates = { ...round.rootUpdates, excluded: await ballot.rootExclusions(roots) };
  verifyRoots(job.terms, round, rootUpdates);
  return { rootUpdates };
}

/** What the validator says of seeds, where the job selects agents. */
function partInSeeds({ job, round }: JobSight, beacons: Beacons): Pick<Unsealed<'round.attest'>, 'beacon'> {
  return job.terms.selection === undefined ? {} : { beacon: beacons(job.job, round.round) };
}

/** Until when updates may be scored: half of the window is left for recording what is attested. */
function timeToScore({ attestationCommitsUntil, attestationsUntil = Infinity }: RoundState): number {
  return (Date.now() + (attestationCommitsUntil ?? attestationsUntil)) / 2;
}

/**
 * Makes an attestation of a closed round; what it states is where `store` keeps it when this returns.
 * @throws ERR_ATTESTATION_MISMATCH while the gateway lags, ERR_QUORUM_SHORT where too few updates hold up, what fetching
 *   and evaluating throw
 */
export async function attest(sight: JobSight, ballot: Ballot, options: AttestOptions): Promise<Attestation> {
  const { job, round, updates } = sight;
  const { member, store, trainers, holdout, beacons } = options;
  verifyComplete(sight);
  const began = performance.now();
  const excluded = await ballot.exclusions(updates);
  const count = updates.length - excluded.length;
  const needed = job.terms.participation.minimum;
  if (count < needed) throw new MusterError('ERR_QUORUM_SHORT', { of: 'accepted updates', count, needed });
  const rooted = await countRoots(sight, ballot);
  const { model, carry } = await ballot.finish();
  const counted = performance.now();
  const parameters = new Map(decodeParameters(model).map(({ name, data }) => [name, data]));
  const trainer = await trainers.of(job.terms);
  const [aggregate, carried, evaluated] = await Promise.all([
    store(model),
    carry && store(carry),
    trainer.evaluate({ parameters, data: holdout }),
  ]);
  const measured = performance.now();
  const { organisation } = member;
  const until = timeToScore(round);
  const scoring = { sight, excluded, model, ballot, trainer, holdout, organisation, until };
  const { silent, ...scored } = await scoreUpdates(scoring);
  const statement: Unsealed<'round.attest'> = {
    v: 1,
    iat: Date.now(),
    by: member.by,
    job: job.job,
    round: round.round,
    base: round.base.digest,
    updates: commitUpdates(updates),
    excluded,
    ...rooted,
    aggregate,
    ...(carried && { carry: carried }),
    evaluation: inMicro(evaluated),
    ...scored,
    ...partInSeeds(sight, beacons),
  };
  const seconds = (from: number, to: number): number => Math.round(to - from) / 1000;
  const made = new Map([[aggregate.cid, model]]);
  if (carry !== undefined && carried !== undefined) made.set(carried.cid, carry);
  return {
    statement,
    made,
    ...(silent === undefined ? {} : { silent }),
    seconds: {
      aggregate: seconds(began, counted),
      evaluate: seconds(counted, measured),
      score: seconds(measured, performance.now()),
    },
  };
}
