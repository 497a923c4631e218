// Fabric's stub on a ledger in memory: reads what was committed, notes what would be written.

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

/** A committed value. */
export interface Value {
  readonly bytes: Buffer;
  /** block of the last write */
  readonly version: number;
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
  /** newest first */
  pastOf(key: string): readonly Past[];
}

const NAMESPACE = '\u0000';

class Iterator<T> {
  readonly #items: readonly T[];
  readonly #closed: () => void;
  #at = 0;

  constructor(items: readonly T[], closed: () => void) {
    this.#items = items;
    this.#closed = closed;
  }

  next(): Promise<{ value?: T; done: boolean }> {
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
  readonly reads: [string, number | undefined][] = [];
  readonly writes = new Map<string, Buffer>();
  readonly policies = new Map<string, Buffer>();
  readonly events: string[] = [];
  ranged = false;
  openIterators = 0;
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

  putState = (key: string, value: Uint8Array): Promise<void> => {
    this.writes.set(key, Buffer.from(value));
    return Promise.resolve();
  };

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
    const prefix = this.createCompositeKey(type, attributes);
    const found = [...this.#ledger.state.keys()].filter((key) => key.startsWith(prefix) && key >= bookmark).sort();
    const items = found.slice(0, size).map((key) => ({ key, value: this.#ledger.state.get(key)?.bytes }));
    // metadata that says nothing is no bytes on the wire, and the shim leaves it out
    const told = { fetchedRecordsCount: items.length, bookmark: found[size] ?? '' };
    const metadata = items.length === 0 ? undefined : told;
    return Promise.resolve({ iterator: this.#iterate(items), metadata });
  };

  #iterate<T>(items: readonly T[]): Iterator<T> {
    this.ranged = true;
    this.openIterators += 1;
    return new Iterator(items, () => {
      this.openIterators -= 1;
    });
  }
}
