// Fabric's stub on a ledger in memory: reads what was committed, notes what would be written.

import type { RangeRead, Value, Version } from './world-state.ts';

/** Who signs a transaction. */
export interface Creator {
  readonly organisation: string;
  /** PEM */
  readonly certificate: string;
}

export interface Proposal {
  /** `contract:function` */
  readonly fn: string;
  readonly args: readonly string[];
  readonly creator: Creator;
  /** the transaction's timestamp, milliseconds */
  readonly at: number;
}

/** A value a key had. */
export interface Past {
  readonly transaction: string;
  readonly at: number;
  readonly bytes: Buffer;
  readonly deleted: boolean;
}

/** What a stub reads of the ledger. */
export interface Committed {
  readonly state: ReadonlyMap<string, Value>;
  /** keys from `start` on and before `end`, in order */
  range(start: string, end: string): readonly [string, Value][];
  /** newest first */
  pastOf(key: string): readonly Past[];
}

const NAMESPACE = '\u0000';
/** What Fabric starts a range at that has no start: above all composite keys. */
const FIRST_PLAIN = '\u0001';
/** Items that a peer sends ahead; those it read count as read (fabric, chaincode/query_response_generator.go). */
const BATCH = 100;

class Iterator<T> {
  readonly #items: readonly T[];
  readonly #closed: () => void;
  readonly #taken: (count: number) => void;
  #at = 0;

  constructor(items: readonly T[], closed: () => void, taken: (count: number) => void = () => undefined) {
    this.#items = items;
    this.#closed = closed;
    this.#taken = taken;
  }

  next(): Promise<{ value?: T; done: boolean }> {
    this.#taken(this.#at + 1);
    const value = this.#items[this.#at++];
    return Promise.resolve(value === undefined ? { done: true } : { value, done: false });
  }

  close(): Promise<void> {
    this.#closed();
    return Promise.resolve();
  }
}

/** The stub of one simulation: reads what was committed, notes what would be written. */
export class MemoryStub {
  readonly reads: [string, Version | undefined][] = [];
  readonly ranges: RangeRead[] = [];
  /** null deletes */
  readonly writes = new Map<string, Buffer | null>();
  readonly policies = new Map<string, Buffer>();
  readonly events: string[] = [];
  ranged = false;
  openIterators = 0;
  #paginated = false;
  readonly #ledger: Committed;
  readonly #proposal: Proposal;
  readonly #endorser: string;
  readonly #transaction: string;

  constructor(ledger: Committed, proposal: Proposal, endorser: string, transaction: string) {
    this.#ledger = ledger;
    this.#proposal = proposal;
    this.#endorser = endorser;
    this.#transaction = transaction;
  }

  getBufferArgs = (): Buffer[] => [this.#proposal.fn, ...this.#proposal.args].map((arg) => Buffer.from(arg));
  getFunctionAndParameters = () => ({ fcn: this.#proposal.fn, params: [...this.#proposal.args] });
  getTxID = (): string => this.#transaction;
  getChannelID = (): string => 'muster';
  getMspID = (): string => this.#endorser;
  getDateTimestamp = (): Date => new Date(this.#proposal.at);
  getCreator = () => ({
    mspid: this.#proposal.creator.organisation,
    idBytes: Buffer.from(this.#proposal.creator.certificate),
  });

  createCompositeKey = (type: string, attributes: readonly string[]): string => {
    if (type === '' || attributes.includes(''))
      throw new Error('object type or attribute not a non-zero length string');
    return NAMESPACE + [type, ...attributes].map((part) => part + NAMESPACE).join('');
  };

  splitCompositeKey = (key: string) => {
    const [objectType, ...attributes] = key.slice(1, -1).split(NAMESPACE);
    return { objectType, attributes };
  };

  getState = (key: string): Promise<Buffer> => {
    const value = this.#ledger.state.get(key);
    this.reads.push([key, value?.version]);
    return Promise.resolve(value?.bytes ?? Buffer.alloc(0));
  };

  putState = (key: string, value: Uint8Array): Promise<void> => this.#write(key, Buffer.from(value));

  deleteState = (key: string): Promise<void> => this.#write(key, null);

  #write(key: string, value: Buffer | null): Promise<void> {
    // fabric, lockbased_tx_simulator.go: checkWritePrecond
    if (this.#paginated)
      return Promise.reject(new Error('paginated queries are supported only in a read-only transaction'));
    this.writes.set(key, value);
    return Promise.resolve();
  }

  setStateValidationParameter = (key: string, policy: Uint8Array): Promise<void> => {
    this.policies.set(key, Buffer.from(policy));
    return Promise.resolve();
  };

  // one event a transaction: a second would replace the first
  setEvent = (name: string, payload: Uint8Array): void => {
    this.events.push(`${name} ${Buffer.from(payload).toString('utf8')}`);
  };

  getHistoryForKey = (key: string) => {
    const items = this.#ledger.pastOf(key).map(({ transaction, at, bytes, deleted }) => ({
      txId: transaction,
      timestamp: { seconds: Math.floor(at / 1000), nanos: (at % 1000) * 1_000_000 },
      value: bytes,
      isDelete: deleted,
    }));
    return Promise.resolve(this.#iterate(items));
  };

  getStateByPartialCompositeKeyWithPagination = (
    type: string,
    attributes: readonly string[],
    size: number,
    bookmark: string,
  ) => {
    if (this.writes.size > 0) {
      return Promise.reject(new Error('paginated queries are supported only in a read-only transaction'));
    }
    this.#paginated = true;
    const prefix = this.createCompositeKey(type, attributes);
    const found = [...this.#ledger.state.keys()].filter((key) => key.startsWith(prefix) && key >= bookmark).sort();
    const items = found.slice(0, size).map((key) => ({ key, value: this.#ledger.state.get(key)?.bytes }));
    // metadata that says nothing is no bytes on the wire, and the shim leaves it out
    const told = { fetchedRecordsCount: items.length, bookmark: found[size] ?? '' };
    const metadata = items.length === 0 ? undefined : told;
    return Promise.resolve({ iterator: this.#iterate(items), metadata });
  };

  getStateByRange = (start: string, end: string) => {
    const from = start === '' ? FIRST_PLAIN : start;
    const items = this.#ledger.range(from, end);
    const at = this.ranges.length;
    // the peer reads ahead by whole batches, and one item more to know whether there is another
    const take = (count: number): void => {
      const ahead = Math.ceil(count / BATCH) * BATCH + 1;
      const reads = items.slice(0, ahead).map(([key, { version }]) => [key, version] as const);
      this.ranges[at] = { start: from, end, exhausted: items.length < ahead, reads };
    };
    take(1);
    return Promise.resolve(
      this.#iterate(
        items.map(([key, { bytes }]) => ({ key, value: bytes })),
        take,
      ),
    );
  };

  #iterate<T>(items: readonly T[], taken?: (count: number) => void): Iterator<T> {
    this.ranged = true;
    this.openIterators += 1;
    const closed = (): void => {
      this.openIterators -= 1;
    };
    return new Iterator(items, closed, taken);
  }
}
