// Earlier: transactions that a gateway before this one had handed over. Their fate is asked for; silence is none, so envelopes
// of a silent one go again, and a refusal of them is believed only once the earlier transaction is known not to be the reason.

import { isMusterError } from '@muster/protocol';
import { backoffMs, pause } from '../clock.ts';
import type { CommitStatus, Ledger } from '../ports.ts';
import type { Attempt, SubmissionStore } from '../submissions/store.ts';
import type { Outcome, Submission } from '../submissions/submission.ts';
import { isCoalesced } from './calls.ts';
import { outcomesOf } from './outcomes.ts';

/** How long the ledger may be silent about a transaction that has been ordered before it is asked. */
const SILENT_MS = 10_000;
const RETRY = { firstMs: 100, mostMs: 5_000 };

/** What became of a transaction's envelopes. */
export interface Recalled {
  readonly transaction: string;
  readonly outcomes: readonly (readonly [id: string, Outcome])[];
}

export class Earlier {
  readonly #ledger: Ledger;
  readonly #store: SubmissionStore;
  readonly #stop: AbortSignal;
  /** the ledger was silent about these, by the submissions in them */
  readonly #silent = new Map<string, Attempt>();

  /** @param stop ends all asking; what is not known then is asked again after the next start */
  constructor(ledger: Ledger, store: SubmissionStore, stop: AbortSignal) {
    this.#ledger = ledger;
    this.#store = store;
    this.#stop = stop;
  }

  /** Asks what became of a transaction. @returns undefined where its envelopes must go again, or when told to stop */
  async recall(attempt: Attempt): Promise<Recalled | undefined> {
    const found = await this.#fateOf(attempt.transaction);
    if (found?.status === 'VALID') return this.#outcomes(attempt);
    if (this.#stop.aborted) return undefined;
    if (found === undefined) for (const id of attempt.submissions) this.#silent.set(id, attempt);
    else this.#store.forget(attempt.transaction); // invalidated: it changed nothing
    return undefined;
  }

  /**
   * Outcomes of envelopes that went again: what an earlier transaction recorded after all was refused for that alone.
   * @returns those that are known; when told to stop in the middle, the others wait for the next start
   */
  async reconsider(
    batch: readonly Submission[],
    outcomes: readonly Outcome[],
  ): Promise<(readonly [string, Outcome])[]> {
    const known = await Promise.all(
      batch.map(async ({ id }, i) => [id, await this.#reconsider(id, outcomes[i] as Outcome)] as const),
    );
    return known.flatMap(([id, outcome]) => (outcome === undefined ? [] : [[id, outcome] as const]));
  }

  async #reconsider(id: string, outcome: Outcome): Promise<Outcome | undefined> {
    const attempt = this.#silent.get(id);
    if (attempt === undefined) return outcome;
    const found = outcome.status === 'refused' ? await this.#fateOf(attempt.transaction) : undefined;
    if (outcome.status === 'refused' && this.#stop.aborted) return undefined;
    this.#silent.delete(id);
    const others = attempt.submissions.some((other) => this.#silent.get(other) === attempt);
    if (!others) this.#store.forget(attempt.transaction);
    if (found?.status !== 'VALID') return outcome;
    return this.#outcomes(attempt).outcomes.find(([own]) => own === id)?.[1] ?? outcome;
  }

  #outcomes({ transaction, submissions, result }: Attempt): Recalled {
    const known = submissions.map((id) => {
      const submission = this.#store.find({ id });
      if (submission === undefined) throw new TypeError(`transaction ${transaction} holds what was never stored`);
      return submission;
    });
    const coalesced = known.some(({ act }) => isCoalesced(act));
    const outcomes = outcomesOf(coalesced, result, known);
    return { transaction, outcomes: submissions.map((id, i) => [id, outcomes[i] as Outcome]) };
  }

  /** Undefined where the ledger was reached and stayed silent, or when told to stop. */
  async #fateOf(transaction: string): Promise<CommitStatus | undefined> {
    for (let attempt = 0; !this.#stop.aborted; attempt++) {
      try {
        return await this.#ledger.status(transaction, SILENT_MS);
      } catch (error) {
        if (!isMusterError(error) || error.family !== 'unreachable') throw error;
      }
      await pause(backoffMs(attempt, RETRY), this.#stop);
    }
    return undefined;
  }
}
