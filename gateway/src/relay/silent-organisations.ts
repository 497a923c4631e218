// Organisations whose peers gave no answer, each forgotten after a while: the longer, the oftener in a row it was silent.

const FIRST_MS = 30_000;
const MOST_MS = 10 * 60 * 1000;

export class SilentOrganisations {
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly times: number; readonly until: number }>();

  /** @param now milliseconds, monotonic */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** It was silent, once more. */
  add(organisation: string): void {
    const times = (this.#known.get(organisation)?.times ?? 0) + 1;
    const ms = Math.min(MOST_MS, FIRST_MS * 2 ** (times - 1));
    this.#known.set(organisation, { times, until: this.#now() + ms });
  }

  /** It answered. */
  delete(organisation: string): void {
    this.#known.delete(organisation);
  }

  has(organisation: string): boolean {
    const known = this.#known.get(organisation);
    return known !== undefined && this.#now() < known.until;
  }
}
