// The edge agent: for each open round of its organisation's jobs it makes one update and sees it recorded.

import { isMusterError, MusterError, readStatement, rolesFor } from '@muster/protocol';
import { join } from 'node:path';
import { isRetryable, type Gateway, type Member } from '../client/index.ts';
import { createArtefactCache, createArtefactSource } from '../job/index.ts';
import { openOutbox, type Outbox } from '../outbox/index.ts';
import { enrolSelf, watchJobs, type JobSight, type Log } from '../watch/index.ts';
import { contribute, type Contribution, type ContributeOptions } from './contribute.ts';
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

const roundKey = (job: string, round: number): string => `${job}/${round}`;

/** Rounds that an earlier process sealed an update for, which still waits in the outbox. */
function sealedRounds(outbox: Outbox): Set<string> {
  const updates = outbox.pending().filter(({ act }) => act === 'round.update');
  const statements = updates.map(({ envelope }) => readStatement('round.update', envelope).statement);
  return new Set(statements.map(({ job, round }) => roundKey(job, round)));
}

class Agent {
  private readonly options: AgentOptions;
  private readonly outbox: Outbox;
  private readonly work: ContributeOptions;
  /** rounds that need nothing more of this process */
  private readonly done: Set<string>;
  /** one training at a time: more would only share the same processor */
  private training: Promise<unknown> = Promise.resolve();

  constructor(options: AgentOptions, outbox: Outbox, work: ContributeOptions) {
    this.options = options;
    this.outbox = outbox;
    this.work = work;
    this.done = sealedRounds(outbox);
  }

  async consider(sight: JobSight): Promise<undefined> {
    if (!this.isWanted(sight)) return;
    const turn = this.training.then(() => this.take(sight));
    this.training = turn.catch(() => undefined);
    await turn;
  }

  private isWanted({ job, round, updates }: JobSight): boolean {
    const { member } = this.options;
    return (
      round.phase === 'open' &&
      Date.now() <= round.updatesUntil &&
      !this.done.has(roundKey(job.job, round.round)) &&
      !updates.some(({ by }) => by === member.by)
    );
  }

  private async take(sight: JobSight): Promise<void> {
    const { log, gateway, signal } = this.options;
    const at = { job: sight.job.job, round: sight.round.round };
    if (signal.aborted) return;
    let made: Contribution;
    try {
      made = await contribute(sight, this.work);
    } catch (error) {
      // what cannot succeed for this round is told once; anything else is tried again while the round is open
      if (!isMusterError(error) || isRetryable(error) || error.code.startsWith('ERR_ARTEFACT_')) throw error;
      this.done.add(roundKey(at.job, at.round));
      log.error({ ...at, code: error.code, reason: error.message }, 'no update for this round');
      return;
    }
    if (made.ignored !== undefined) log.warn({ ...at, reason: made.ignored }, 'checkpoint not used');
    if (made.resumed > 0) log.info({ ...at, steps: made.resumed }, 'training resumed from a checkpoint');
    const { round } = await gateway.round(at.job, at.round);
    if (round.phase !== 'open') {
      this.done.add(roundKey(at.job, at.round));
      removeCheckpoint(made.checkpoint);
      log.warn({ ...at, phase: round.phase }, 'the round is over, update dropped');
      return;
    }
    // where the outbox has no room the round is looked at again, and the same update made again
    await this.send(at, made);
    this.done.add(roundKey(at.job, at.round));
  }

  private async send(at: { job: string; round: number }, made: Contribution): Promise<void> {
    const { log, signal } = this.options;
    const began = performance.now();
    const { delivery } = await this.outbox.post('round.update', made.envelope, made.update);
    // the outbox holds the update now, on disk
    removeCheckpoint(made.checkpoint);
    // not awaited: over a bad link a delivery takes as long as it takes, and other jobs go on meanwhile
    void delivery.then(
      (outcome) => {
        const submit = Math.round(performance.now() - began) / 1000;
        const fields = { event: 'round', ...at, loss: made.loss, bytes: made.update.length };
        if (outcome.status === 'refused') {
          log.warn({ ...at, code: outcome.error.code, details: outcome.error.details }, 'update refused');
          return;
        }
        const { receipt, seconds } = outcome;
        const { transaction } = receipt;
        log.info({ ...fields, transaction, seconds: { ...made.seconds, ...seconds, submit } }, 'update recorded');
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
  const agent = new Agent(options, outbox, { member, shard, trainers, fetchBase, checkpoints });
  try {
    await watchJobs({
      gateway,
      organisation: member.organisation,
      types: ['job.approved', 'round.opened'],
      signal,
      log,
      ...(lookMs === undefined ? {} : { lookMs }),
      consider: (sight) => agent.consider(sight),
    });
  } finally {
    await outbox.close();
    await trainers.close();
  }
}
