// A turnstile: so many transactions fly at once, and while there is a crowd, its clients enter by turns.

/** Lets in by turns of clients, one of each at a time. */
export class Turnstile {
  readonly #places: number;
  /** who waits, by client; the client whose turn is next comes first */
  readonly #waiting = new Map<string, (() => void)[]>();
  #inside = 0;

  /** @param places how many may be inside at once */
  constructor(places: number) {
    this.#places = places;
  }

  /** Waits for a place. @returns gives it up */
  async enter(client: string): Promise<() => void> {
    if (this.#inside < this.#places) this.#inside++;
    else await this.#queue(client);
    return () => this.#leave();
  }

  #queue(client: string): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(client);
      if (queue === undefined) this.#waiting.set(client, [resolve]);
      else queue.push(resolve);
    });
  }

  /** The place goes to whoever is next, and that one's client to the end of the line. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inside--;
      return;
    }
    const [client, queue] = next;
    this.#waiting.delete(client);
    const enter = queue.shift();
    if (queue.length > 0) this.#waiting.set(client, queue);
    enter?.();
  }
}
