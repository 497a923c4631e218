// The ledger as the contracts see it, for the length of one transaction.

import type { Key, KeyType, LedgerEvent, Moment, States } from '@muster/protocol';

/** A past value of a key. */
export interface Modification<T extends KeyType = KeyType> {
  readonly transaction: string;
  /** milliseconds */
  readonly at: number;
  /** null where the key was deleted */
  readonly value: States[T] | null;
  readonly deleted: boolean;
}

/** A page of past values, the newest first. */
export interface History<T extends KeyType = KeyType> {
  readonly items: readonly Modification<T>[];
  readonly more: boolean;
}

/** A page of keys and their values, in key order; an empty bookmark ends the list. */
export interface Page<T extends KeyType = KeyType> {
  readonly items: readonly { readonly key: readonly string[]; readonly value: States[T] }[];
  readonly bookmark: string;
}

/**
 * The ledger in one transaction. A read after a write sees the write; nothing is written before the act as a whole was
 * accepted.
 */
export interface Ledger {
  /** the MSP of whoever signed the transaction; the peer has checked it */
  readonly creator: string;
  /** the organisation of the peer that simulates, which decides only whether it endorses, never what is written */
  readonly endorser: string;
  /** the transaction's own time and id: there is no other clock */
  readonly moment: Moment;
  /** Reads keys in one go, where the peer takes that; whoever gets them afterwards finds them read. */
  fetch(keys: readonly Key[]): Promise<void>;
  get<T extends KeyType>(key: Key<T>): Promise<States[T] | undefined>;
  put<T extends KeyType>(key: Key<T>, value: States[T]): void;
  /** From the next transaction on, changes of the key take the endorsement of so many of these organisations' peers. */
  setEndorsement(key: Key, needed: number, organisations: readonly string[]): void;
  emit(events: readonly LedgerEvent[]): void;
  /** Past values of a key, the newest first. For queries only. */
  history<T extends KeyType>(key: Key<T>, limit: number, skip: number): Promise<History<T>>;
  /** Keys of a type that begin with some attributes. For queries only: a range that is written into would conflict. */
  page<T extends KeyType>(type: T, prefix: readonly string[], size: number, bookmark: string): Promise<Page<T>>;
}

/** Values of keys of one type, in their order, read in one go. */
export async function getAll<T extends KeyType>(
  ledger: Ledger,
  keys: readonly Key<T>[],
): Promise<(States[T] | undefined)[]> {
  await ledger.fetch(keys);
  return Promise.all(keys.map((key) => ledger.get(key)));
}
