// A lane: envelopes for the same pages of the ledger, one transaction at a time. While one flies, the next batch gathers
// (group commit), so the busier the lane the larger its transactions, and no lane conflicts with itself.

import type { Coalesce } from '../config.ts';
import { pause } from '../clock.ts';
import type { Submission } from '../submissions/submission.ts';

export class Lane {
  readonly #carry: (batch: readonly Submission[]) => Promise<void>;
  readonly #coalesce: Coalesce;
  readonly #idle: () => void;
  #waiting: Submission[] = [];
  #running = false;

  /**
   * @param carry takes a batch to its end; does not reject
   * @param idle told when nothing is left to carry
   */
  constructor(coalesce: Coalesce, carry: (batch: readonly Submission[]) => Promise<void>, idle: () => void) {
    this.#carry = carry;
    this.#coalesce = coalesce;
    this.#idle = idle;
  }

  push(submission: Submission): void {
    this.#waiting.push(submission);
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  /** The oldest that fit into one transaction. */
  #next(): Submission[] {
    const { envelopes, bytes } = this.#coalesce;
    let size = 0;
    let count = 0;
    for (const { envelope } of this.#waiting) {
      size += envelope.length;
      // one envelope always goes: a single one is never larger than a transaction may be
      if (count >= envelopes || (count > 0 && size > bytes)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #run(): Promise<void> {
    // the first of an idle lane waits a little for company, unless company is of no use
    if (this.#coalesce.envelopes > 1) await pause(this.#coalesce.windowMs);
    while (this.#waiting.length > 0) await this.#carry(this.#next());
    this.#running = false;
    this.#idle();
  }
}
