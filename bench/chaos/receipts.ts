// What clients were told: every statement handed in, when, and the receipt or refusal it ended with.

import type { Act } from '@muster/protocol';

/** A statement that a client handed in. Times are milliseconds since 1970. */
export interface HandedIn {
  readonly jti: string;
  readonly act: Act;
  readonly organisation: string;
  readonly sentAt: number;
}

/** A statement whose fate a client was told. */
export interface Acknowledged extends HandedIn {
  /** the transaction that a receipt named; undefined where the statement was refused */
  readonly transaction?: string;
  /** the code of the refusal */
  readonly refused?: string;
  readonly toldAt: number;
}

/** Keeps what was told, in the order in which it was. */
export class Receipts {
  readonly told: Acknowledged[] = [];
  /** by organisation: when the last statement with a receipt was handed in */
  readonly #latest = new Map<string, number>();

  add(told: Acknowledged): void {
    this.told.push(told);
    if (told.transaction === undefined) return;
    const { organisation, sentAt } = told;
    this.#latest.set(organisation, Math.max(sentAt, this.#latest.get(organisation) ?? 0));
  }

  /** Whether every one of some organisations holds a receipt of a statement that was handed in after a time. */
  resumedSince(organisations: readonly string[], time: number): boolean {
    return organisations.every((organisation) => (this.#latest.get(organisation) ?? 0) > time);
  }
}
