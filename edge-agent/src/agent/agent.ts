// The edge agent: for each open round of its organisation's jobs it makes one update and sees it recorded.

import {
  isMusterError,
  MusterError,
  readStatement,
  rolesFor,
  seal,
  unselectedBy,
  type Act,
  type Phase,
  type Unsealed,
} from '@muster/protocol';
import { join } from 'node:path';
import { isRetryable, type Gateway, type Member } from '../client/index.ts';
import { createArtefactCache, createArtefactSource } from '../job/index.ts';
import { openHeld, openOutbox, type Delivery, type Held, type HeldEnvelope, type Outbox } from '../outbox/index.ts';
import { enrolSelf, watchJobs, type JobSight, type Log } from '../watch/index.ts';
import { contribute, type Contribution, type ContributeOptions } from './contribute.ts';
import { Controls } from './controls.ts';
import type { Shard } from './shard.ts';
import { removeCheckpoint } from '../train/index.ts';
import { createTrainers } from './trainers.ts';

export interface AgentOptions {
  readonly member: Member;
  readonly gateway: Gateway;
  readonly shard: Shard;
  /** folder for the outbox and fetched artefacts */
  readonly state: string;
  readonly threads?: number;
  /** memory that examples may take; 256 MiB by default */
  readonly dataBytes?: number | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly lookMs?: number;
  /** how long training goes on between checkpoints */
  readonly checkpointMs?: number;
}

/** Small models train a round in less, and pay nothing. */
const CHECKPOINT_MS = 15_000;

const roundKey = (job: string, round: number, phase: Phase): string => `${job}/${round}/${phase}`;

/** A round, and the phase it was seen in: each asks for something of its own. */
const sightKey = ({ job, round }: JobSight): string => roundKey(job.job, round.round, round.phase);

/** Rounds that an earlier process sealed an update for, which still waits in the outbox. */
function sealedRounds(outbox: Outbox): Set<string> {
  const updates = outbox.pending().filter(({ act }) => act === 'round.update');
  const statements = updates.map(({ envelope }) => readStatement('round.update', envelope).statement);
  return new Set(statements.map(({ job, round }) => roundKey(job, round, 'open')));
}

/** What each envelope of an agent is called in its log. */
const WHAT = {
  'round.commit': { event: 'commitment', noun: 'commitment' },
  'round.update': { event: 'round', noun: 'update' },
} as const satisfies Partial<Record<Act, object>>;

class Agent {
  private readonly options: AgentOptions;
  private readonly outbox: Outbox;
  private readonly held: Held;
  private readonly work: ContributeOptions;
  /** rounds that need nothing more of this process */
  private readonly done: Set<string>;
  /** one training at a time: more would only share the same processor */
  private training: Promise<unknown> = Promise.resolve();

  constructor(options: AgentOptions, outbox: Outbox, held: Held, work: ContributeOptions) {
    this.options = options;
    this.outbox = outbox;
    this.held = held;
    this.work = work;
    this.done = sealedRounds(outbox);
  }

  async consider(sight: JobSight): Promise<undefined> {
    await this.held.dropBefore(sight.job.job, sight.round.round);
    if (!this.isWanted(sight)) return;
    if (sight.round.phase === 'open' && sight.job.terms.commitments?.updatesMs !== undefined) {
      await this.reveal(sight);
      return;
    }
    const turn = this.training.then(() => this.take(sight));
    this.training = turn.catch(() => undefined);
    await turn;
  }

  /** Lets go of what an ended job can no longer take. */
  async forget(job: string): Promise<void> {
    await Promise.all([this.held.dropBefore(job), this.work.controls.forget(job)]);
  }

  private isWanted(sight: JobSight): boolean {
    const { job, round, updates, commitments = [] } = sight;
    const isOwn = ({ by }: { readonly by: string }): boolean => by === this.options.member.by;
    if (this.done.has(sightKey(sight))) return false;
    const { by, certificate } = this.options.member;
    const reason = unselectedBy(job.terms, round, by, certificate);
    if (reason !== undefined) return this.rest(sight, reason);
    if (round.phase === 'committing') return Date.now() <= (round.commitsUntil ?? 0) && !commitments.some(isOwn);
    return round.phase === 'open' && Date.now() <= round.updatesUntil && !updates.some(isOwn);
  }

  /** The round takes others: told once. */
  private rest(sight: JobSight, reason: string): false {
    this.done.add(sightKey(sight));
    this.options.log.info({ job: sight.job.job, round: sight.round.round, reason }, 'not selected for this round');
    return false;
  }

  /** Shows what was committed to; an agent that committed to nothing has nothing to show. */
  private async reveal(sight: JobSight): Promise<void> {
    const { log } = this.options;
    const at = { job: sight.job.job, round: sight.round.round };
    const held = this.held.find(at.job, at.round);
    this.done.add(sightKey(sight));
    if (held === undefined) {
      log.info(at, 'nothing was committed to in this round');
      return;
    }
    try {
      const update = await this.held.read(held);
      await this.send(at, 'round.update', held.envelope, update, { bytes: update.length });
    } catch (error) {
      this.done.delete(sightKey(sight));
      throw error;
    }
    // the outbox holds it now, on disk
    await this.held.drop(held);
  }

  private async commit(sight: JobSight, { commitment }: HeldEnvelope, fields: object): Promise<void> {
    const { member } = this.options;
    const at = { job: sight.job.job, round: sight.round.round };
    const common = { v: 1, iat: Date.now(), by: member.by } as const;
    const statement: Unsealed<'round.commit'> = { ...common, ...at, of: 'update', commitment };
    await this.send(at, 'round.commit', seal('round.commit', statement, member.signer), undefined, fields);
    this.done.add(sightKey(sight));
  }

  private async take(sight: JobSight): Promise<void> {
    const { log, gateway, signal } = this.options;
    const at = { job: sight.job.job, round: sight.round.round };
    if (signal.aborted) return;
    const before = this.held.find(at.job, at.round);
    if (before !== undefined) return this.commit(sight, before, {});
    let made: Contribution;
    try {
      made = await contribute(sight, this.work);
    } catch (error) {
      // what cannot succeed for this round is told once; anything else is tried again while the round is open
      if (!isMusterError(error) || isRetryable(error) || error.code.startsWith('ERR_ARTEFACT_')) throw error;
      this.done.add(sightKey(sight));
      log.error({ ...at, code: error.code, reason: error.message }, 'no update for this round');
      return;
    }
    if (made.ignored !== undefined) log.warn({ ...at, reason: made.ignored }, 'checkpoint not used');
    if (made.resumed > 0) log.info({ ...at, steps: made.resumed }, 'training resumed from a checkpoint');
    const { round } = await gateway.round(at.job, at.round);
    if (round.phase !== sight.round.phase) {
      this.done.add(sightKey(sight));
      removeCheckpoint(made.checkpoint);
      log.warn({ ...at, phase: round.phase }, 'the round is over, update dropped');
      return;
    }
    // where the outbox has no room the round is looked at again, and the same update made again
    const fields = { loss: made.loss, bytes: made.update.length };
    if (round.phase === 'committing') {
      const held = await this.held.keep(made.envelope, made.update);
      removeCheckpoint(made.checkpoint);
      return this.commit(sight, held, { ...fields, seconds: made.seconds });
    }
    await this.send(at, 'round.update', made.envelope, made.update, { ...fields, seconds: made.seconds });
    // the outbox holds the update now, on disk
    removeCheckpoint(made.checkpoint);
    this.done.add(sightKey(sight));
  }

  private async send(
    at: { job: string; round: number },
    act: keyof typeof WHAT,
    envelope: string,
    update: Uint8Array | undefined,
    fields: { readonly bytes?: number; readonly loss?: number; readonly seconds?: object },
  ): Promise<void> {
    const { log, signal } = this.options;
    const began = performance.now();
    const { delivery } = await this.outbox.post(act, envelope, update);
    const { event, noun } = WHAT[act];
    // not awaited: over a bad link a delivery takes as long as it takes, and other jobs go on meanwhile
    void delivery.then(
      (outcome: Delivery) => {
        const submit = Math.round(performance.now() - began) / 1000;
        if (outcome.status === 'refused') {
          log.warn({ ...at, code: outcome.error.code, details: outcome.error.details }, `${noun} refused`);
          return;
        }
        const { receipt, seconds } = outcome;
        const { transaction } = receipt;
        const told = { event, ...at, ...fields, transaction, seconds: { ...fields.seconds, ...seconds, submit } };
        log.info(told, `${noun} recorded`);
      },
      (error: unknown) => {
        if (!signal.aborted) log.error({ ...at, reason: String(error) }, 'delivery failed');
      },
    );
  }
}

/**
 * Runs an agent until the signal aborts. Everything it knows is on disk or on the ledger, so it may be killed at any time.
 * @throws ERR_ROLE_FORBIDDEN where its certificate is no agent's, and what enrolment throws
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { member, gateway, shard, state, threads = 1, dataBytes, log, signal, lookMs } = options;
  const allowed = rolesFor('round.update');
  const { role } = member.certificate;
  if (!allowed.includes(role)) throw new MusterError('ERR_ROLE_FORBIDDEN', { role, allowed, act: 'round.update' });
  await enrolSelf(gateway, member, log, signal);
  const outbox = await openOutbox({
    folder: join(state, 'outbox'),
    gateway,
    onAttempt: (jti, outcome) => {
      if (outcome.status === 'retrying') log.warn({ jti, reason: String(outcome.error) }, 'will be sent again');
    },
  });
  const trainers = createTrainers(createArtefactCache(join(state, 'artefacts'), gateway), { threads, dataBytes });
  // a round's base serves once, so it is not kept on disk
  const fetchBase = createArtefactSource(gateway);
  const checkpoints = { folder: join(state, 'checkpoints'), everyMs: options.checkpointMs ?? CHECKPOINT_MS };
  const { by } = member;
  const controls = new Controls({ folder: join(state, 'controls'), gateway, fetchArtefact: fetchBase, by, log });
  const held = await openHeld(join(state, 'held'), 'round.update');
  const agent = new Agent(options, outbox, held, { member, shard, trainers, fetchBase, controls, checkpoints });
  try {
    await watchJobs({
      gateway,
      organisation: member.organisation,
      types: ['job.approved', 'round.opened', 'round.revealed'],
      signal,
      log,
      ...(lookMs === undefined ? {} : { lookMs }),
      consider: (sight) => agent.consider(sight),
      ended: (job) => agent.forget(job),
    });
  } finally {
    await outbox.close();
    await trainers.close();
  }
}
