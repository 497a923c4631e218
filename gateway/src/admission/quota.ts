// A quota: so much of a thing at once, of which one client gets a share only, so that who floods waits for himself.

import { MusterError } from '@muster/protocol';

/** What there is at once, and what one client may have of it. */
export interface Allowance {
  readonly total: number;
  readonly perClient: number;
}

/** Counts what is taken and not given back yet. */
export class Quota {
  readonly #what: string;
  readonly #allowance: Allowance;
  readonly #retryAfterSeconds: number;
  readonly #held = new Map<string, number>();
  #taken = 0;

  /** @param what of which there is no more, as the refusal names it: "the queue of submissions" */
  constructor(what: string, allowance: Allowance, retryAfterSeconds: number) {
    this.#what = what;
    this.#allowance = allowance;
    this.#retryAfterSeconds = retryAfterSeconds;
  }

  /** What is taken now, by all clients. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes an amount for a client.
   * @returns gives it back, once
   * @throws ERR_OVERLOADED naming the limit that is reached: everybody's, or the client's own
   */
  take(client: string, amount = 1): () => void {
    const { total, perClient } = this.#allowance;
    const held = this.#held.get(client) ?? 0;
    if (held + amount > perClient) this.#refuse(`this client's share of ${this.#what}`, perClient);
    if (this.#taken + amount > total) this.#refuse(this.#what, total);
    this.#set(client, held + amount);
    this.#taken += amount;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= amount;
      this.#set(client, (this.#held.get(client) ?? 0) - amount);
    };
  }

  #set(client: string, amount: number): void {
    // who holds nothing is forgotten: clients come and go
    if (amount === 0) this.#held.delete(client);
    else this.#held.set(client, amount);
  }

  #refuse(queue: string, limit: number): never {
    throw new MusterError('ERR_OVERLOADED', { queue, limit, retryAfterSeconds: this.#retryAfterSeconds });
  }
}
