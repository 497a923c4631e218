// Whom a finaliser names as endorsers, and what it learns from those that give no answer.

import { isMusterError } from '@muster/protocol';
import { nameEndorsers, type Naming } from './next-deed.ts';

/** How long one that gave no answer is not named. */
const SILENT_MS = 30_000;

export class Endorsers {
  private readonly own: string;
  private readonly now: () => number;
  private readonly silentUntil = new Map<string, number>();

  /** @param now milliseconds, monotonic */
  constructor(own: string, now: () => number = () => performance.now()) {
    this.own = own;
    this.now = now;
  }

  /** Names some of those who agree, as {@link nameEndorsers} does. */
  name(agreeing: readonly string[], { needed, failures }: Pick<Naming, 'needed' | 'failures'>): string[] {
    const silent = [...this.silentUntil]
      .filter(([, until]) => this.now() < until)
      .map(([organisation]) => organisation);
    return nameEndorsers(agreeing, { own: this.own, needed, failures, silent });
  }

  /** Learns from a failure who is not to be named for a while. */
  hear(error: unknown): void {
    if (!isMusterError(error) || error.code !== 'ERR_ENDORSER_SILENT') return;
    for (const organisation of error.details.organisations) {
      this.silentUntil.set(organisation, this.now() + SILENT_MS);
    }
  }
}
