// Whose ledgers lie on small disks.

/** Peer and orderer of different organisations, so that a fault of the one is none of the other. */
export function diskOwner<T>(kind: 'peer' | 'orderer', organisations: readonly T[]): T {
  return organisations.at(kind === 'peer' ? -1 : -2) as T;
}
