// The ledger as one transaction saw it: values of the chain's state, and what the transaction writes.

import {
  canonicalise,
  encodeEvents,
  type Key,
  type KeyType,
  type LedgerEvent,
  type Moment,
  type States,
} from '@muster/protocol';
import type { WorldState } from '../fabric/world-state.ts';

const SEPARATOR = '\u0000';

/** A composite key as Fabric writes it: U+0000, then type and attributes, each ended by U+0000. */
export function compositeKey([type, ...attributes]: Key): string {
  return [SEPARATOR, type, SEPARATOR, ...attributes.flatMap((attribute) => [attribute, SEPARATOR])].join('');
}

/** The value of a composite key before the transaction, as text. */
export type ReadState = (key: string) => string | undefined;

/** The chaincode's part of a world state. */
export function readsOf(state: WorldState, chaincode: string): ReadState {
  return (key) => {
    const bytes = state.value(chaincode, key);
    return bytes && Buffer.from(bytes).toString('utf8');
  };
}

/** What a transaction writes, as text by composite key. */
export interface Writes {
  readonly values: Map<string, string>;
  /** state-based endorsement: so many of these organisations' peers */
  readonly policies: Map<string, { readonly needed: number; readonly organisations: readonly string[] }>;
  /** payload of the Fabric event; undefined without events */
  readonly event: string | undefined;
}

export class ReplayedLedger {
  readonly moment: Moment;
  /** MSP of whoever signed the transaction */
  readonly creator: string;
  readonly #read: ReadState;
  readonly #values = new Map<string, string>();
  readonly #policies = new Map<string, { needed: number; organisations: readonly string[] }>();
  readonly #events: LedgerEvent[] = [];

  constructor(read: ReadState, creator: string, moment: Moment) {
    this.#read = read;
    this.creator = creator;
    this.moment = moment;
  }

  get<T extends KeyType>(key: Key<T>): States[T] | undefined {
    const id = compositeKey(key);
    const text = this.#values.get(id) ?? this.#read(id);
    return text === undefined ? undefined : (JSON.parse(text) as States[T]);
  }

  put<T extends KeyType>(key: Key<T>, value: States[T]): void {
    this.#values.set(compositeKey(key), canonicalise(value));
  }

  setEndorsement(key: Key, needed: number, organisations: readonly string[]): void {
    this.#policies.set(compositeKey(key), { needed, organisations });
  }

  emit(events: readonly LedgerEvent[]): void {
    this.#events.push(...events);
  }

  writes(): Writes {
    return {
      values: this.#values,
      policies: this.#policies,
      event: this.#events.length > 0 ? encodeEvents(this.#events) : undefined,
    };
  }
}
