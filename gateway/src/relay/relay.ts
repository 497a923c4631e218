// The relay: takes envelopes in, stores them, carries them to the ledger in lanes, and tells what became of each.
// It decides nothing: a refusal is the ledger's, and an envelope that was refused may be sent again.

import type { Logger } from 'pino';
import { isMusterError, MusterError, report } from '@muster/protocol';
import { pause, within } from '../clock.ts';
import type { Coalesce, Limits } from '../config.ts';
import type { Ledger } from '../ports.ts';
import type { Meters } from '../metrics.ts';
import type { StoredSubmission, SubmissionStore } from '../submissions/store.ts';
import type { Outcome, Submission } from '../submissions/submission.ts';
import { callFor, isCoalesced, laneOf } from './calls.ts';
import { Earlier } from './earlier.ts';
import { Flights } from './flights.ts';
import { Lane } from './lane.ts';
import { outcomesOf } from './outcomes.ts';
import { relayTransaction, type Persistence, type Relaying } from './relay-transaction.ts';
import { RollCall } from './roll-call.ts';
import { Turnstile } from './turnstile.ts';

/** What the relay is made of. */
export interface RelayParts {
  readonly ledger: Ledger;
  /** the consortium's, whose peers endorse */
  readonly organisations: () => readonly string[];
  readonly store: SubmissionStore;
  readonly limits: Limits;
  readonly coalesce: Coalesce;
  readonly meters: Meters;
  readonly log: Logger;
}

/** How long new submissions gather before they are stored in one transaction. */
const STORE_MS = 2;
/** The client of what an earlier process had taken in. */
const RESUMED = 'resumed';

export class Relay {
  readonly #parts: RelayParts;
  readonly #stop = new AbortController();
  readonly #flights: Flights;
  readonly #turnstile: Turnstile;
  readonly #lanes = new Map<string, Lane>();
  readonly #carrying = new Set<Promise<void>>();
  readonly #earlier: Earlier;
  readonly #ledger: Relaying;
  #storing: { readonly submissions: Submission[]; readonly done: Promise<void> } | undefined;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#flights = new Flights(parts.limits);
    this.#earlier = new Earlier(parts.ledger, parts.store, this.#stop.signal);
    const rollCall = new RollCall(parts);
    this.#ledger = {
      endorse: (call) => rollCall.endorse(call),
      status: (transaction, timeoutMs) => parts.ledger.status(transaction, timeoutMs),
    };
    this.#turnstile = new Turnstile(parts.limits.transactions);
    parts.meters.watchQueue(() => this.#flights.size);
  }

  /** Envelopes that are on their way. */
  get waiting(): number {
    return this.#flights.size;
  }

  /**
   * Takes a client's envelopes in; resolves once they are stored.
   * @returns the promise of each one's outcome, in order
   * @throws ERR_OVERLOADED, ERR_STORAGE_FULL where there is no room for all of them; none is taken then
   */
  async accept(submissions: readonly Submission[], client: string): Promise<Promise<Outcome>[]> {
    const { store } = this.#parts;
    const settled = new Map<string, Outcome>();
    const fresh = new Map<string, Submission>();
    for (const submission of submissions) {
      const { id } = submission;
      if (this.#flights.has(id)) continue;
      const known = store.find({ id })?.outcome;
      if (known?.status === 'recorded') settled.set(id, known);
      else fresh.set(id, submission);
    }
    const boarding = [...fresh.values()];
    this.#flights.board(boarding, client);
    const outcomes = submissions.map(
      ({ id }) => this.#flights.outcomeOf({ id }) ?? Promise.resolve(settled.get(id) as Outcome),
    );
    if (boarding.length > 0) {
      try {
        await this.#persist(boarding);
      } catch (error) {
        // what could not be stored was never taken: whoever sends it again begins anew
        const reason = isMusterError(error)
          ? error
          : new MusterError('ERR_DEFECT', { reference: '' }, { cause: error });
        for (const { id } of boarding) this.#flights.land(id, { status: 'refused', error: report(reason) });
        throw error;
      }
      for (const submission of boarding) this.#enqueue(submission, client);
    }
    return outcomes;
  }

  /** What is known of a submission, by the jti of its statement. */
  find(jti: string): StoredSubmission | undefined {
    return this.#parts.store.find({ jti });
  }

  /** The outcome of a pending submission; undefined where none is pending. */
  pending(jti: string): Promise<Outcome> | undefined {
    return this.#flights.outcomeOf({ jti });
  }

  /** Goes on with what an earlier process left: asks for the fate of its transactions, relays the rest. */
  async resume(): Promise<void> {
    const { store, log } = this.#parts;
    const left = store.pending();
    for (const submission of left) this.#flights.readmit(submission);
    const attempts = store.attempts();
    if (left.length + attempts.length > 0) {
      log.info({ submissions: left.length, transactions: attempts.length }, 'resuming');
    }
    await Promise.all(
      attempts.map(async (attempt) => {
        const recalled = await this.#earlier.recall(attempt);
        if (recalled !== undefined) this.#settle(recalled.outcomes, recalled.transaction);
      }),
    );
    if (this.#stop.signal.aborted) return;
    for (const submission of left) {
      if (this.#flights.has(submission.id)) this.#enqueue(submission, RESUMED);
    }
  }

  /** Stops trying; waits for the transactions in flight up to a time. What is not done stays stored. */
  async close(graceMs: number): Promise<void> {
    this.#stop.abort();
    await within(Promise.all(this.#carrying), graceMs);
  }

  /** Stores what arrives within a moment in one database transaction. */
  #persist(submissions: readonly Submission[]): Promise<void> {
    if (this.#storing === undefined) {
      const gathered: Submission[] = [];
      const done = pause(STORE_MS).then(() => {
        this.#storing = undefined;
        this.#parts.store.add(gathered, Date.now());
      });
      this.#storing = { submissions: gathered, done };
    }
    this.#storing.submissions.push(...submissions);
    return this.#storing.done;
  }

  #enqueue(submission: Submission, client: string): void {
    const name = laneOf(submission);
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      const { coalesce } = this.#parts;
      lane = new Lane({
        coalesce: isCoalesced(submission.act) ? coalesce : { ...coalesce, envelopes: 1 },
        turnstile: this.#turnstile,
        carry: (batch) => this.#track(this.#carry(batch)),
        idle: () => this.#lanes.delete(name),
      });
      this.#lanes.set(name, lane);
    }
    lane.push(submission, client);
  }

  #track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.#carrying.delete(tracked));
    this.#carrying.add(tracked);
    return tracked;
  }

  #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Takes a batch to its end. Does not reject: every failure is some envelope's outcome. */
  async #carry(batch: readonly Submission[]): Promise<void> {
    if (this.#stopped() || batch.length === 0) return;
    try {
      await this.#relay(batch as readonly [Submission, ...Submission[]]);
    } catch (error) {
      if (this.#stopped()) return; // they stay stored as pending
      if (batch.length > 1 && isMusterError(error) && error.family === 'refused') {
        // refused as a whole: one of them spoils it, and must not take the others with it
        const half = Math.ceil(batch.length / 2);
        await this.#carry(batch.slice(0, half));
        await this.#carry(batch.slice(half));
        return;
      }
      await this.#fail(batch, error);
    }
  }

  async #fail(batch: readonly Submission[], error: unknown): Promise<void> {
    const { log, meters } = this.#parts;
    const [first] = batch;
    let told = error;
    if (!isMusterError(error) || error.family === 'defect') {
      told = new MusterError('ERR_DEFECT', { reference: first?.jti ?? '' }, { cause: error });
      log.error({ err: error, jti: first?.jti }, 'relaying failed');
    }
    const outcome: Outcome = { status: 'refused', error: report(told as MusterError) };
    if (isMusterError(told)) meters.transaction(told.code);
    const outcomes = batch.map(() => outcome);
    this.#settle(await this.#earlier.reconsider(batch, outcomes));
  }

  async #relay(batch: readonly [Submission, ...Submission[]]): Promise<void> {
    const { limits, store, meters, log } = this.#parts;
    const coalesced = isCoalesced(batch[0].act);
    const persistence: Persistence = { ...limits, signal: this.#stop.signal };
    const steps = {
      worthwhile: (result: string) => outcomesOf(coalesced, result, batch).some(({ status }) => status === 'recorded'),
      attempting: (transaction: string, result: string) =>
        store.attempt({ transaction, submissions: batch.map(({ id }) => id), result }),
      invalidated: (transaction: string, status: string) => {
        store.forget(transaction);
        meters.transaction(status);
        log.debug({ transaction, status }, 'transaction invalidated');
      },
    };
    const started = performance.now();
    const { result, transaction } = await relayTransaction(this.#ledger, callFor(batch), steps, persistence);
    meters.relayed(batch.length, (performance.now() - started) / 1000, transaction !== undefined);
    this.#settle(await this.#earlier.reconsider(batch, outcomesOf(coalesced, result, batch)), transaction);
  }

  #settle(outcomes: readonly (readonly [id: string, Outcome])[], transaction?: string): void {
    try {
      this.#parts.store.settle(outcomes, transaction);
    } catch (error) {
      // what became of them is so all the same, and is told; a restarted gateway finds them pending and asks the ledger again
      this.#parts.log.error({ err: error, transaction }, 'outcomes could not be noted');
    }
    for (const [id, outcome] of outcomes) {
      if (!this.#flights.land(id, outcome)) continue;
      this.#parts.meters.envelope(outcome.status === 'recorded' ? 'recorded' : outcome.error.code);
    }
  }
}
