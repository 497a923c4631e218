// The ledger on Fabric's stub. Fabric shows a transaction its own writes only after commit, and every call is a round trip
// to the peer: so each key is read at most once, many in one go, later reads see earlier writes, and all is written once, at the end.

import {
  canonicalise,
  encodeEvents,
  EVENT_NAME,
  type Key,
  type KeyType,
  type LedgerEvent,
  type Moment,
  type States,
} from '@muster/protocol';
import type { ChaincodeStub, Iterators } from 'fabric-shim-api';
import { endorsementPolicy } from './endorsement.ts';
import type { History, Ledger, Modification, Page } from './ledger.ts';
import { readKeys, writeKeys, type ManyStub } from './many-keys.ts';

/** The part of Fabric's stub that the ledger stands on. */
export type Stub = ManyStub &
  Pick<
    ChaincodeStub,
    | 'createCompositeKey'
    | 'splitCompositeKey'
    | 'getCreator'
    | 'getDateTimestamp'
    | 'getHistoryForKey'
    | 'getMspID'
    | 'getStateByPartialCompositeKeyWithPagination'
    | 'setEvent'
    | 'setStateValidationParameter'
  >;

const decode = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString('utf8'));

/** An absent key reads as no bytes. */
const decodeState = (bytes: Uint8Array): unknown => (bytes.length === 0 ? undefined : decode(bytes));

/** Runs through an iterator, which holds resources of the peer until it is closed, and closes it in any case. */
async function drain<T>(iterator: Iterators.CommonIterator<T>, take: (item: T) => boolean): Promise<void> {
  try {
    for (let next = await iterator.next(); !next.done && take(next.value); next = await iterator.next());
  } finally {
    await iterator.close();
  }
}

function modification({ txId, timestamp, isDelete, value }: Iterators.KeyModification): Modification {
  return {
    transaction: txId,
    // seconds are a Long by type and a number in fact
    at: Number(String(timestamp.seconds)) * 1000 + Math.floor(timestamp.nanos / 1_000_000),
    value: isDelete ? null : (decode(value) as States[KeyType]),
    deleted: isDelete,
  };
}

export class FabricLedger implements Ledger {
  readonly #stub: Stub;
  readonly #known = new Map<string, Promise<unknown>>();
  readonly #written = new Map<string, unknown>();
  readonly #policies = new Map<string, Uint8Array>();
  readonly #events: LedgerEvent[] = [];

  constructor(stub: Stub) {
    this.#stub = stub;
  }

  get creator(): string {
    return this.#stub.getCreator().mspid;
  }

  get endorser(): string {
    return this.#stub.getMspID();
  }

  get moment(): Moment {
    return { at: this.#stub.getDateTimestamp().getTime(), transaction: this.#stub.getTxID() };
  }

  async fetch(keys: readonly Key[]): Promise<void> {
    const unknown = [...new Set(keys.map((key) => this.#idOf(key)))].filter((id) => !this.#known.has(id));
    const values = await readKeys(this.#stub, unknown);
    unknown.forEach((id, i) => this.#known.set(id, Promise.resolve(decodeState(values[i] as Uint8Array))));
  }

  get<T extends KeyType>(key: Key<T>): Promise<States[T] | undefined> {
    const id = this.#idOf(key);
    let value = this.#known.get(id);
    if (value === undefined) {
      value = this.#read(id);
      this.#known.set(id, value);
    }
    return value as Promise<States[T] | undefined>;
  }

  put<T extends KeyType>(key: Key<T>, value: States[T]): void {
    const id = this.#idOf(key);
    this.#known.set(id, Promise.resolve(value));
    this.#written.set(id, value);
  }

  setEndorsement(key: Key, needed: number, organisations: readonly string[]): void {
    this.#policies.set(this.#idOf(key), endorsementPolicy(needed, organisations));
  }

  emit(events: readonly LedgerEvent[]): void {
    this.#events.push(...events);
  }

  async history<T extends KeyType>(key: Key<T>, limit: number, skip: number): Promise<History<T>> {
    const items: Modification<T>[] = [];
    let seen = 0;
    await drain(await this.#stub.getHistoryForKey(this.#idOf(key)), (item) => {
      seen += 1;
      if (seen > skip && items.length < limit) items.push(modification(item) as Modification<T>);
      return seen <= skip + limit;
    });
    return { items, more: seen > skip + limit };
  }

  async page<T extends KeyType>(type: T, prefix: readonly string[], size: number, bookmark: string): Promise<Page<T>> {
    const { iterator, metadata } = await this.#stub.getStateByPartialCompositeKeyWithPagination(
      type,
      [...prefix],
      size,
      bookmark,
    );
    const items: Page<T>['items'][number][] = [];
    await drain(iterator, ({ key, value }) => {
      const { objectType, attributes } = this.#stub.splitCompositeKey(key);
      items.push({ key: [objectType, ...attributes], value: decode(value) as States[T] });
      return true;
    });
    // by type always there; in fact the shim leaves it out where the peer sent none, as for a page without items
    return { items, bookmark: (metadata as { bookmark: string } | undefined)?.bookmark ?? '' };
  }

  /** Writes what the transaction changes, once. Only called when the act as a whole was accepted. */
  async flush(): Promise<void> {
    const entries = [...this.#written].map(([id, value]) => [id, Buffer.from(canonicalise(value), 'utf8')] as const);
    await writeKeys(this.#stub, entries);
    for (const [id, policy] of this.#policies) await this.#stub.setStateValidationParameter(id, policy);
    if (this.#events.length > 0) this.#stub.setEvent(EVENT_NAME, Buffer.from(encodeEvents(this.#events), 'utf8'));
  }

  #idOf([type, ...attributes]: Key): string {
    return this.#stub.createCompositeKey(type, attributes);
  }

  async #read(id: string): Promise<unknown> {
    return decodeState(await this.#stub.getState(id));
  }
}
