// The world state, replayed: every key with its value, version and policy, and Fabric's running digest of it, the commit hash
// (fabric, kvledger.addBlockCommitHash, txmgr/update_batch_bytes.go).

import { ledger } from '@hyperledger/fabric-protos';
import { sha256 } from '@muster/protocol';
import type { NamespaceSet } from './transaction.ts';

export interface Height {
  readonly block: number;
  readonly transaction: number;
}

export interface Entry {
  readonly namespace: string;
  readonly collection: string;
  /** UTF-8 of a public key, the hash of a private one */
  readonly key: Buffer;
  /** undefined once deleted */
  readonly value: Uint8Array | undefined;
  readonly version: Height;
  /** by name, as in VALIDATION_PARAMETER */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
}

/** Names an entry; neither namespaces nor collections hold a control character. */
const idOf = (namespace: string, collection: string, key: Buffer): string =>
  `${namespace}\u0001${collection}\u0001${key.toString('latin1')}`;

const NONE: ReadonlyMap<string, Uint8Array> = new Map();

/** What a block changes, before it is known whether the block holds. */
export class Batch {
  readonly changes = new Map<string, Entry>();
  readonly #state: WorldState;

  constructor(state: WorldState) {
    this.#state = state;
  }

  /** Whether an earlier transaction of the block wrote the key. */
  has(namespace: string, collection: string, key: Buffer): boolean {
    return this.changes.has(idOf(namespace, collection, key));
  }

  get(namespace: string, collection: string, key: Buffer): Entry | undefined {
    return this.changes.get(idOf(namespace, collection, key)) ?? this.#state.get(namespace, collection, key);
  }

  /** Writes what a valid transaction writes. */
  apply({ namespace, set, collections }: NamespaceSet, version: Height): void {
    for (const write of set.getWritesList()) {
      const value = write.getValue_asU8();
      this.#put(namespace, '', Buffer.from(write.getKey(), 'utf8'), write.getIsDelete() ? undefined : value, version);
    }
    for (const write of set.getMetadataWritesList()) {
      this.#describe(namespace, '', Buffer.from(write.getKey(), 'utf8'), write.getEntriesList(), version);
    }
    for (const { name, set: hashed } of collections) {
      for (const write of hashed.getHashedWritesList()) {
        const gone = write.getIsDelete() || write.getIsPurge();
        this.#put(
          namespace,
          name,
          Buffer.from(write.getKeyHash_asU8()),
          gone ? undefined : write.getValueHash_asU8(),
          version,
        );
      }
      for (const write of hashed.getMetadataWritesList()) {
        this.#describe(namespace, name, Buffer.from(write.getKeyHash_asU8()), write.getEntriesList(), version);
      }
    }
  }

  #put(namespace: string, collection: string, key: Buffer, value: Uint8Array | undefined, version: Height): void {
    const kept = value === undefined || value.length === 0 ? undefined : value;
    const metadata = kept === undefined ? NONE : (this.get(namespace, collection, key)?.metadata ?? NONE);
    this.changes.set(idOf(namespace, collection, key), { namespace, collection, key, value: kept, version, metadata });
  }

  #describe(
    namespace: string,
    collection: string,
    key: Buffer,
    entries: readonly ledger.rwset.kvrwset.KVMetadataEntry[],
    version: Height,
  ): void {
    const before = this.get(namespace, collection, key);
    // metadata of a key that does not exist is nothing
    if (before?.value === undefined) return;
    const metadata = new Map(entries.map((entry) => [entry.getName(), entry.getValue_asU8()]));
    this.changes.set(idOf(namespace, collection, key), { ...before, version, metadata });
  }
}

function orderPreserving(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  const start = bytes.findIndex((byte) => byte !== 0);
  const kept = start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
  return Buffer.concat([Uint8Array.of(kept.length), kept]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A protobuf field of bytes; proto3 leaves out what is empty. */
function field(number: number, bytes: Uint8Array): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.concat([Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes]);
}

/** txmgr.KVWrite: a namespace and a collection are named once, at their first key. */
function encodeWrite(entry: Entry, before: Entry | undefined): Buffer {
  const isSameNamespace = before?.namespace === entry.namespace;
  const namesCollection = !isSameNamespace || before.collection !== entry.collection;
  return Buffer.concat([
    field(1, Buffer.from(isSameNamespace ? '' : entry.namespace)),
    field(2, Buffer.from(namesCollection ? entry.collection : '')),
    field(3, entry.key),
    entry.value === undefined ? Uint8Array.of((4 << 3) | 0, 1) : Buffer.alloc(0),
    field(5, entry.value ?? new Uint8Array()),
    field(6, Buffer.concat([orderPreserving(entry.version.block), orderPreserving(entry.version.transaction)])),
  ]);
}

function order(a: Entry, b: Entry): number {
  return (
    Buffer.compare(Buffer.from(a.namespace), Buffer.from(b.namespace)) ||
    Buffer.compare(Buffer.from(a.collection), Buffer.from(b.collection)) ||
    Buffer.compare(a.key, b.key)
  );
}

/** The commit hash of a block: over its validation flags, all that it changed, and the commit hash before. */
export function commitHash(flags: Uint8Array, changes: Iterable<Entry>, before: Uint8Array): Buffer {
  const sorted = [...changes].sort(order);
  const updates = sorted.map((entry, at) => {
    const write = encodeWrite(entry, sorted[at - 1]);
    return Buffer.concat([Uint8Array.of((1 << 3) | 2), varint(write.length), write]);
  });
  return sha256(varint(flags.length), flags, ...updates, before);
}

export class WorldState {
  readonly #entries = new Map<string, Entry>();

  get(namespace: string, collection: string, key: Buffer): Entry | undefined {
    return this.#entries.get(idOf(namespace, collection, key));
  }

  /** The value of a public key, or undefined. */
  value(namespace: string, key: string): Uint8Array | undefined {
    return this.get(namespace, '', Buffer.from(key, 'utf8'))?.value;
  }

  /** Public keys of a namespace that exist, in order. */
  keys(namespace: string): Entry[] {
    const found = [...this.#entries.values()].filter(
      (entry) => entry.namespace === namespace && entry.collection === '',
    );
    return found.sort(order);
  }

  commit({ changes }: Batch): void {
    for (const [id, entry] of changes) {
      if (entry.value === undefined) this.#entries.delete(id);
      else this.#entries.set(id, entry);
    }
  }

  get size(): number {
    return this.#entries.size;
  }
}
