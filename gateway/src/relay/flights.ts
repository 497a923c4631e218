// Submissions under way: their outcomes to come, found by id and by jti, and the room they take of the queue.

import { Quota } from '../admission/quota.ts';
import type { Limits } from '../config.ts';
import type { Outcome, Submission } from '../submissions/submission.ts';

interface Flight {
  readonly submission: Submission;
  readonly outcome: Promise<Outcome>;
  readonly land: (outcome: Outcome) => void;
  /** gives back the room it took */
  readonly leave: () => void;
}

const RETRY_SECONDS = 2;

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #byJti = new Map<string, Set<string>>();
  readonly #count: Quota;
  readonly #bytes: Quota;

  constructor({ queue, queuePerClient, queueBytes, queueBytesPerClient }: Limits) {
    const count = { total: queue, perClient: queuePerClient };
    const bytes = { total: queueBytes, perClient: queueBytesPerClient };
    this.#count = new Quota('the queue of submissions', count, RETRY_SECONDS);
    this.#bytes = new Quota('the queue of submissions in bytes', bytes, RETRY_SECONDS);
  }

  get size(): number {
    return this.#flights.size;
  }

  has(id: string): boolean {
    return this.#flights.has(id);
  }

  outcomeOf(by: { readonly id: string } | { readonly jti: string }): Promise<Outcome> | undefined {
    const id = 'id' in by ? by.id : [...(this.#byJti.get(by.jti) ?? [])][0];
    return id === undefined ? undefined : this.#flights.get(id)?.outcome;
  }

  /**
   * Takes submissions of a client aboard, all or none.
   * @throws ERR_OVERLOADED where there is no room for all of them
   */
  board(submissions: readonly Submission[], client: string): void {
    const left: (() => void)[] = [];
    try {
      const rooms = submissions.map(({ envelope }) => {
        const place = this.#count.take(client);
        left.push(place);
        const bytes = this.#bytes.take(client, envelope.length);
        left.push(bytes);
        return () => {
          place();
          bytes();
        };
      });
      submissions.forEach((submission, i) => this.#add(submission, rooms[i] as () => void));
    } catch (error) {
      for (const give of left) give();
      throw error;
    }
  }

  /** Takes aboard what an earlier process had taken in: it had its room then. */
  readmit(submission: Submission): void {
    this.#add(submission, () => undefined);
  }

  /** A submission has its outcome. @returns whether it was under way */
  land(id: string, outcome: Outcome): boolean {
    const flight = this.#flights.get(id);
    if (flight === undefined) return false;
    const { jti } = flight.submission;
    this.#flights.delete(id);
    const ids = this.#byJti.get(jti);
    ids?.delete(id);
    if (ids?.size === 0) this.#byJti.delete(jti);
    flight.leave();
    flight.land(outcome);
    return true;
  }

  #add(submission: Submission, leave: () => void): void {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const { id, jti } = submission;
    this.#flights.set(id, { submission, outcome: promise, land: resolve, leave });
    const ids = this.#byJti.get(jti);
    if (ids === undefined) this.#byJti.set(jti, new Set([id]));
    else ids.add(id);
  }
}
