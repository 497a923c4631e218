// The validator: re-derives each round's model from the recorded updates, attests it, and moves rounds on by turns.

import {
  isMusterError,
  MusterError,
  rolesFor,
  type Act,
  type Artefact,
  type Claims,
  type Code,
  type Receipt,
} from '@muster/protocol';
import { join } from 'node:path';
import { createTrainers, REPRODUCIBLE } from '../agent/trainers.ts';
import { isRetryable, recordAct, type Gateway, type Member } from '../client/index.ts';
import type { DataOrigin } from '../data/index.ts';
import { createArtefactCache, createArtefactSource } from '../job/index.ts';
import { enrolSelf, watchJobs, type JobSight, type Log } from '../watch/index.ts';
import { Attester, type OwnAttestation } from './attester.ts';
import { Ballot } from './ballot.ts';
import { openBeacons } from './beacon.ts';
import { Endorsers } from './endorsers.ts';
import { nextDeed, rankOf, type Deed } from './next-deed.ts';
import { OUTRUN } from './outrun.ts';
import { RootTrainer } from './root-trainer.ts';
import { SealedAttestations } from './sealed-attestations.ts';
import { Settler } from './settler.ts';
import { createTallies, type Tallies } from './tally-calls.ts';

export interface ValidatorOptions {
  readonly member: Member;
  readonly gateway: Gateway;
  readonly holdout: DataOrigin;
  readonly state: string;
  readonly threads?: number;
  /** memory that examples may take; 256 MiB by default */
  readonly dataBytes?: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
  /** how long each rank holds back, milliseconds */
  readonly turnMs?: number;
}

const TURN_MS = 300;
const RETRY_MS = 500;
const RECORD_MS = 20_000;
/** After each of these a round may need something, or may be settled. */
const TYPES = [
  ...(['job.approved', 'job.finished', 'job.failed'] as const),
  ...([
    'round.opened',
    'round.committed',
    'round.revealed',
    'round.updated',
    'round.rooted',
    'round.closed',
    'round.attested',
  ] as const),
];
/** How long endorsers are waited for while others could be named instead. */
const NAMED_MS = 6_000;
/** Others may be named. */
const ENDORSERS: readonly Code[] = ['ERR_ENDORSER_DISSENTS', 'ERR_ENDORSER_SILENT'];

/** What this process knows of a job's current round beyond the ledger. */
interface Watched extends OwnAttestation {
  readonly round: number;
  /** since when each kind of deed has been due */
  readonly due: Map<Deed['kind'], number>;
  failures: number;
}

class Validator {
  private readonly options: ValidatorOptions;
  private readonly attester: Attester;
  private readonly tallies: Tallies;
  private readonly roots: RootTrainer;
  private readonly watched = new Map<string, Watched>();
  private readonly endorsers: Endorsers;

  constructor(options: ValidatorOptions, attester: Attester, tallies: Tallies, roots: RootTrainer) {
    this.options = options;
    this.endorsers = new Endorsers(options.member.organisation);
    this.roots = roots;
    this.attester = attester;
    this.tallies = tallies;
  }

  async consider(sight: JobSight): Promise<number | undefined> {
    const watched = await this.watch(sight);
    const rooting = this.roots.consider(sight, watched.ballot.base);
    const at = await this.next(sight, watched);
    return rooting === undefined || (at !== undefined && at < rooting) ? at : rooting;
  }

  private async next(sight: JobSight, watched: Watched): Promise<number | undefined> {
    if (sight.round.phase === 'open') watched.ballot.take(sight.updates);
    watched.ballot.takeRoots(sight.roots ?? []);
    if (await this.attester.mayAttestAnew(sight, watched))
      return this.tryDeed(sight, watched, { kind: 'attest', from: 0 });
    const deed = nextDeed(sight, this.options.member.organisation, Date.now());
    if (deed.kind === 'wait') return undefined;
    if (await this.attester.isBehind(sight, watched, deed)) return Date.now() + RETRY_MS;
    const at = this.turn(sight, watched, deed);
    return at > Date.now() ? at : this.tryDeed(sight, watched, deed);
  }

  /** Lets go of an ended job's last round: its base and sums are as large as its model. */
  async forget(job: string): Promise<void> {
    const known = this.watched.get(job);
    this.watched.delete(job);
    await known?.ballot.close();
    await this.attester.dropBefore(job);
  }

  async close(): Promise<void> {
    await Promise.all([...this.watched.values()].map(({ ballot }) => ballot.close()));
  }

  private async watch({ job, round }: JobSight): Promise<Watched> {
    const { gateway, signal } = this.options;
    const known = this.watched.get(job.job);
    if (known?.round === round.round) return known;
    const source = createArtefactSource(gateway);
    // what this process made itself need not be fetched
    const get = async (artefact: Artefact): Promise<Uint8Array> =>
      known?.made.get(artefact.cid) ?? (await source(artefact));
    const [model, carry] = await Promise.all([get(round.base), round.baseCarry && get(round.baseCarry)]);
    const base = { base: model, carry };
    const ballot = new Ballot({ terms: job.terms, round: round.round, base, gateway, tallies: this.tallies, signal });
    const fresh: Watched = { round: round.round, ballot, due: new Map(), made: new Map(), failures: 0 };
    this.watched.set(job.job, fresh);
    await known?.ballot.close();
    await this.attester.dropBefore(job.job, round.round);
    return fresh;
  }

  /** When it is this organisation's turn: committing and attesting are everybody's, the rest is done by one. */
  private turn(sight: JobSight, watched: Watched, { kind, ...deed }: Exclude<Deed, { kind: 'wait' }>): number {
    if (kind === 'attest' || kind === 'commit') return 0;
    const since = watched.due.get(kind) ?? Math.max(Date.now(), deed.from);
    if (since <= Date.now()) watched.due.set(kind, since);
    const { turnMs = TURN_MS } = this.options;
    return since + rankOf(sight, this.options.member.organisation) * turnMs;
  }

  private async tryDeed(sight: JobSight, watched: Watched, deed: Deed): Promise<number | undefined> {
    const { log, signal } = this.options;
    const at = { job: sight.job.job, round: sight.round.round, deed: deed.kind };
    try {
      await this.do(sight, watched, deed, at);
      watched.failures = 0;
      return watched.attested?.unavailable === true ? Date.now() + RETRY_MS : undefined;
    } catch (error) {
      if (!isMusterError(error) || error.family === 'defect') throw error;
      if (signal.aborted) return undefined;
      watched.failures++;
      this.endorsers.hear(error);
      const fields = { ...at, code: error.code, reason: error.message };
      if (OUTRUN.includes(error.code)) log.debug(fields, 'outrun');
      else if (isRetryable(error) || ENDORSERS.includes(error.code)) log.warn(fields, 'will try again');
      else log.error(fields, 'refused');
      return Date.now() + RETRY_MS * Math.min(watched.failures, 10);
    }
  }

  private async do(sight: JobSight, watched: Watched, deed: Deed, at: object): Promise<void> {
    const { log } = this.options;
    switch (deed.kind) {
      case 'reveal':
        await this.record('round.reveal', sight, { of: deed.of });
        break;
      case 'commit':
        await this.attester.commit(sight, watched);
        break;
      case 'close':
        await this.record('round.close', sight, {});
        break;
      case 'abandon':
        await this.record('round.abandon', sight, { reason: deed.reason });
        break;
      case 'finalise': {
        const { aggregate, organisations: agreeing } = deed;
        const needed = sight.job.terms.quorum.attestations;
        const organisations = this.endorsers.name(agreeing, { needed, failures: watched.failures });
        const timeoutMs = agreeing.length > needed ? NAMED_MS : RECORD_MS;
        await this.record('round.finalise', sight, { aggregate, organisations }, timeoutMs);
        break;
      }
      case 'attest':
        await this.attester.attest(sight, watched);
        return;
      case 'wait':
        return;
    }
    log.info({ event: 'deed', ...at }, deed.kind);
  }

  private record(act: Act, { job, round }: JobSight, claims: Claims, timeoutMs = RECORD_MS): Promise<Receipt> {
    const { member, gateway, signal } = this.options;
    const common = { v: 1, iat: Date.now(), by: member.by, job: job.job, round: round.round };
    return recordAct(gateway, act, { ...common, ...claims }, member.signer, { timeoutMs, signal });
  }
}

/**
 * Runs a validator until the signal aborts. It keeps fetched artefacts, and what it committed to until that is shown; so it may be
 * killed at any time.
 * @throws ERR_ROLE_FORBIDDEN where its certificate is no validator's, and what enrolment throws
 */
export async function runValidator(options: ValidatorOptions): Promise<void> {
  const { member, gateway, holdout, state, threads = 1, dataBytes, log, signal, lookMs } = options;
  const allowed = rolesFor('round.attest');
  const { role } = member.certificate;
  if (!allowed.includes(role)) throw new MusterError('ERR_ROLE_FORBIDDEN', { role, allowed, act: 'round.attest' });
  await enrolSelf(gateway, member, log, signal);
  const sealed = await SealedAttestations.open(join(state, 'held'), member);
  const beacons = await openBeacons(state);
  const tallies = createTallies();
  const fetchArtefact = createArtefactCache(join(state, 'artefacts'), gateway);
  const trainers = createTrainers(fetchArtefact, { threads, dataBytes });
  // honest ones make the same root update, however many threads they evaluate with
  const rootTrainers =
    threads === REPRODUCIBLE.threads ? trainers : createTrainers(fetchArtefact, { ...REPRODUCIBLE, dataBytes });
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const roots = new RootTrainer({ member, gateway, trainers: rootTrainers, fetchArtefact, log, signal: both });
  const attesting = { member, gateway, trainers, holdout, beacons, log, signal: both, recordMs: RECORD_MS };
  const attester = new Attester(attesting, sealed);
  const validator = new Validator({ ...options, signal: both }, attester, tallies, roots);
  const { turnMs = TURN_MS } = options;
  const settler = new Settler({ member, gateway, log, signal: both, turnMs, recordMs: RECORD_MS, lookMs });
  const watching = watchJobs({
    gateway,
    organisation: member.organisation,
    types: TYPES,
    signal: both,
    log,
    ...(lookMs === undefined ? {} : { lookMs }),
    consider: (sight) => validator.consider(sight),
    ended: (job) => validator.forget(job),
    heard: (job, type) => settler.hear(job, type),
  });
  const running = [watching, settler.run()];
  try {
    await Promise.all(running);
  } finally {
    stop.abort();
    await Promise.allSettled(running);
    await roots.close();
    await validator.close();
    await tallies.close();
    await trainers.close();
    if (rootTrainers !== trainers) await rootTrainers.close();
  }
}
