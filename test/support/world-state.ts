// Fabric's world state and what it makes of a block: reads with versions, ranges, tombstones, history, policies of keys, and
// validation in the order of the block. After Fabric's docs/source/readwrite.rst ("Transaction simulation and read-write set",
// "Transaction validation and updating world state using read-write set") and core/ledger/kvledger/txmgmt/validation.

/** Where a value was written last: Fabric's height of a key. */
export interface Version {
  readonly block: number;
  readonly transaction: number;
}

/** A committed value. */
export interface Value {
  readonly bytes: Buffer;
  readonly version: Version;
}

/** A range that was read: what came of it, and whether it was read to its end. */
export interface RangeRead {
  readonly start: string;
  /** exclusive; empty for no end */
  readonly end: string;
  /** where it is not, the range ends with the last key read */
  readonly exhausted: boolean;
  readonly reads: readonly (readonly [key: string, version: Version])[];
}

/** What a transaction read and would write, and who endorsed it. */
export interface ReadWriteSet {
  readonly reads: readonly (readonly [key: string, version: Version | undefined])[];
  readonly ranges: readonly RangeRead[];
  /** null deletes */
  readonly writes: ReadonlyMap<string, Buffer | null>;
  readonly policies: ReadonlyMap<string, Buffer>;
}

export type Fate = 'VALID' | 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' | 'ENDORSEMENT_POLICY_FAILURE';

/** Whether endorsements suffice for the policy of a key that a transaction writes. */
export type Endorsed = (transaction: number, policy: Buffer) => boolean;

/** LevelDB orders keys by their UTF-8 bytes, which is not the order of UTF-16. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const isSame = (a: Version | undefined, b: Version | undefined): boolean =>
  a?.block === b?.block && a?.transaction === b?.transaction;

/** Changes of a block so far; null for what it deletes. */
type Batch = Map<string, Value | null>;

export class WorldState {
  readonly values = new Map<string, Value>();
  readonly policies = new Map<string, Buffer>();
  #height = 0;

  /** Number of the last block. */
  get height(): number {
    return this.#height;
  }

  fork(): WorldState {
    const fork = new WorldState();
    for (const [key, value] of this.values) fork.values.set(key, value);
    for (const [key, policy] of this.policies) fork.policies.set(key, policy);
    fork.#height = this.#height;
    return fork;
  }

  /** Committed keys from `start` on and before `end`, in order. */
  range(start: string, end: string, batch: Batch = new Map()): [string, Value][] {
    const within = (key: string): boolean => compareKeys(key, start) >= 0 && (end === '' || compareKeys(key, end) < 0);
    const merged = new Map([...this.values, ...batch].filter(([key]) => within(key)));
    const held = [...merged].filter((entry): entry is [string, Value] => entry[1] !== null);
    return held.sort(([a], [b]) => compareKeys(a, b));
  }

  /**
   * Validates the transactions of a block in its order, each on the state that the valid ones before it leave, and commits
   * those that are valid. @param number of the block; blocks without transactions of ours need not be told
   */
  commit(sets: readonly ReadWriteSet[], endorsed: Endorsed = () => true, number = this.#height + 1): Fate[] {
    const batch: Batch = new Map();
    const changedPolicies = new Map<string, Buffer>();
    const fates = sets.map((set, transaction) => {
      const isEndorsed = (policy: Buffer): boolean => endorsed(transaction, policy);
      const fate = this.#judge(set, batch, changedPolicies, isEndorsed);
      if (fate === 'VALID') this.#stage(set, batch, changedPolicies, { block: number, transaction });
      return fate;
    });
    for (const [key, value] of batch) {
      if (value !== null) this.values.set(key, value);
      else {
        this.values.delete(key);
        this.policies.delete(key);
      }
    }
    for (const [key, policy] of changedPolicies) if (this.values.has(key)) this.policies.set(key, policy);
    this.#height = number;
    return fates;
  }

  #judge(
    set: ReadWriteSet,
    batch: Batch,
    changed: ReadonlyMap<string, Buffer>,
    endorsed: (policy: Buffer) => boolean,
  ): Fate {
    for (const key of [...set.writes.keys(), ...set.policies.keys()]) {
      const policy = this.policies.get(key);
      // a policy that an earlier transaction of the block changes is not known to those who endorsed this one
      if (changed.has(key) || (policy !== undefined && !endorsed(policy))) return 'ENDORSEMENT_POLICY_FAILURE';
    }
    // a key that the block has touched is in conflict, be it only by deleting what was not there
    const fresh = set.reads.every(
      ([key, version]) => !batch.has(key) && isSame(this.values.get(key)?.version, version),
    );
    if (!fresh) return 'MVCC_READ_CONFLICT';
    return set.ranges.every((range) => this.#isUnchanged(range, batch)) ? 'VALID' : 'PHANTOM_READ_CONFLICT';
  }

  /** Reads a range again, with the block's changes so far: it must give the same keys in the same versions. */
  #isUnchanged({ start, end, exhausted, reads }: RangeRead, batch: Batch): boolean {
    const last = reads.at(-1)?.[0];
    const found = this.range(start, end, batch).filter(
      ([key]) => exhausted || last === undefined || compareKeys(key, last) <= 0,
    );
    return (
      found.length === reads.length &&
      found.every(([key, { version }], at) => key === reads[at]?.[0] && isSame(version, reads[at][1]))
    );
  }

  #stage({ writes, policies }: ReadWriteSet, batch: Batch, changed: Map<string, Buffer>, version: Version): void {
    for (const [key, bytes] of writes) batch.set(key, bytes === null ? null : { bytes, version });
    for (const [key, policy] of policies) {
      changed.set(key, policy);
      // what is written with a key counts as a write of it
      const value = batch.has(key) ? batch.get(key) : this.values.get(key);
      if (value !== undefined && value !== null) batch.set(key, { bytes: value.bytes, version });
    }
  }
}
