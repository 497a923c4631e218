// A lane: envelopes for the same pages of the ledger, one transaction at a time. While one flies, the next batch gathers
// (group commit), so the busier the lane the larger its transactions, and no lane conflicts with itself. A batch is filled
// from its clients by turns, so that whoever hands in one envelope does not wait for the thousands of another.

import type { Coalesce } from '../config.ts';
import { pause } from '../clock.ts';
import type { Submission } from '../submissions/submission.ts';
import type { Turnstile } from './turnstile.ts';

/** What a lane needs of the relay. */
export interface LaneParts {
  readonly coalesce: Coalesce;
  readonly turnstile: Turnstile;
  /** takes a batch to its end; does not reject */
  readonly carry: (batch: readonly Submission[]) => Promise<void>;
  /** told when nothing is left to carry */
  readonly idle: () => void;
}

export class Lane {
  readonly #parts: LaneParts;
  /** by client; the client whose turn is next comes first */
  readonly #waiting = new Map<string, Submission[]>();
  #running = false;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  push(submission: Submission, client: string): void {
    const queue = this.#waiting.get(client);
    if (queue === undefined) this.#waiting.set(client, [submission]);
    else queue.push(submission);
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  /** What fits into one transaction: one of each client in turn, of each client the oldest first. */
  #next(): Submission[] {
    const { envelopes, bytes } = this.#parts.coalesce;
    const batch: Submission[] = [];
    let size = 0;
    for (const [client, queue] of this.#waiting) {
      const [first] = queue as [Submission];
      size += first.envelope.length;
      // one envelope always goes: a single one is never larger than a transaction may be
      if (batch.length >= envelopes || (batch.length > 0 && size > bytes)) break;
      batch.push(first);
      queue.shift();
      // to the end of the line, which this loop comes to in its turn
      this.#waiting.delete(client);
      if (queue.length > 0) this.#waiting.set(client, queue);
    }
    return batch;
  }

  async #run(): Promise<void> {
    const { coalesce, turnstile, carry, idle } = this.#parts;
    // the first of an idle lane waits a little for company, unless company is of no use
    if (coalesce.envelopes > 1) await pause(coalesce.windowMs);
    for (let [next] = this.#waiting.keys(); next !== undefined; [next] = this.#waiting.keys()) {
      const leave = await turnstile.enter(next);
      // filled only now: whoever came while the lane waited flies too
      await carry(this.#next()).finally(leave);
    }
    this.#running = false;
    idle();
  }
}
