// Multi-version concurrency control, again: did a transaction read what the ledger held (fabric, txmgmt/validation/validator.go)?

import { ledger, peer } from '@hyperledger/fabric-protos';
import { refuse } from '../refuse.ts';
import type { NamespaceSet } from './transaction.ts';
import type { Batch, Height, WorldState } from './world-state.ts';

const { TxValidationCode } = peer;

/** kvrwset.Version, whose absence means that the key was not there. */
interface Version {
  getBlockNum(): number;
  getTxNum(): number;
}

function isSame(held: Height | undefined, read: Version | undefined): boolean {
  if (held === undefined || read === undefined) return held === undefined && read === undefined;
  return held.block === read.getBlockNum() && held.transaction === read.getTxNum();
}

function readsHeld(state: WorldState, batch: Batch, { namespace, set }: NamespaceSet): boolean {
  return set.getReadsList().every((read) => {
    const key = Buffer.from(read.getKey(), 'utf8');
    return !batch.has(namespace, '', key) && isSame(state.get(namespace, '', key)?.version, read.getVersion());
  });
}

function hashedReadsHeld(state: WorldState, batch: Batch, { namespace, collections }: NamespaceSet): boolean {
  return collections.every(({ name, set }) =>
    set.getHashedReadsList().every((read) => {
      const key = Buffer.from(read.getKeyHash_asU8());
      return !batch.has(namespace, name, key) && isSame(state.get(namespace, name, key)?.version, read.getVersion());
    }),
  );
}

/** A range, read again with what the block wrote before laid over the state: the same keys in the same versions. */
function rangeHeld(
  record: string,
  state: WorldState,
  batch: Batch,
  namespace: string,
  query: ledger.rwset.kvrwset.RangeQueryInfo,
): boolean {
  if (query.hasReadsMerkleHashes()) refuse(record, 'a range was read by hashes, which is not judged here');
  const start = Buffer.from(query.getStartKey());
  const end = Buffer.from(query.getEndKey());
  const last = query.getItrExhausted() ? -1 : 0;
  const isWithin = (key: Buffer): boolean =>
    Buffer.compare(key, start) >= 0 && (end.length === 0 || Buffer.compare(key, end) <= last);
  const entries = new Map(state.keys(namespace).map((entry) => [entry.key.toString('utf8'), entry]));
  for (const entry of batch.changes.values()) {
    if (entry.namespace === namespace && entry.collection === '') entries.set(entry.key.toString('utf8'), entry);
  }
  // what the block deleted before is not in the range; where it had not been there either, nothing has changed
  const found = [...entries.values()]
    .filter(({ key, value }) => value !== undefined && isWithin(key))
    .sort((one, other) => Buffer.compare(one.key, other.key));
  const reads = query.getRawReads()?.getKvReadsList() ?? [];
  return (
    found.length === reads.length &&
    found.every(
      ({ key, version }, at) => key.toString('utf8') === reads[at]?.getKey() && isSame(version, reads[at].getVersion()),
    )
  );
}

/** VALID, MVCC_READ_CONFLICT or PHANTOM_READ_CONFLICT, in the order in which Fabric looks. */
export function conflictOf(
  record: string,
  state: WorldState,
  batch: Batch,
  namespaces: readonly NamespaceSet[],
): number {
  for (const one of namespaces) {
    if (!readsHeld(state, batch, one)) return TxValidationCode.MVCC_READ_CONFLICT;
    const ranges = one.set.getRangeQueriesInfoList();
    if (!ranges.every((query) => rangeHeld(record, state, batch, one.namespace, query))) {
      return TxValidationCode.PHANTOM_READ_CONFLICT;
    }
    if (!hashedReadsHeld(state, batch, one)) return TxValidationCode.MVCC_READ_CONFLICT;
  }
  return TxValidationCode.VALID;
}
