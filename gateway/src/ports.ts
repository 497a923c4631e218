// What the gateway needs of the world: a ledger. Storage is SQLite and files in every adapter, so it is no port.

import type { LedgerEvent } from '@muster/protocol';

/** A chaincode call. */
export interface Call {
  /** `<contract>:<function>` */
  readonly function: string;
  readonly args: readonly string[];
  /** organisations that must endorse, where the gateway peer should not choose */
  readonly endorsers?: readonly string[];
  /** these were chosen here, no statement names them */
  readonly chosen?: true;
  /** the gateway peer chooses, whoever is known to be silent */
  readonly anyone?: true;
}

/** How a transaction ended: `VALID`, or the validation code that invalidated it. */
export interface CommitStatus {
  readonly transaction: string;
  readonly status: string;
  readonly block: number;
}

/** An endorsed transaction, not yet ordered. */
export interface Endorsed {
  readonly transaction: string;
  /** what the chaincode returned */
  readonly result: string;
  /** the endorsers were chosen here and by no policy, which may have wanted others */
  readonly chosen?: true;
  /**
   * Hands it to the orderers; doing so again is harmless, since a transaction id commits once.
   * @throws ERR_LEDGER_UNREACHABLE, which does not mean that it was not ordered
   */
  submit(): Promise<void>;
}

/** One transaction of a block. Times are milliseconds. */
export interface LedgerTransaction {
  readonly transaction: string;
  readonly index: number;
  readonly at: number;
  /** the MSP that submitted it */
  readonly creator: string;
  readonly status: string;
  /** what a valid transaction of our chaincode tells */
  readonly events?: readonly LedgerEvent[];
}

export interface LedgerBlock {
  readonly number: number;
  readonly transactions: readonly LedgerTransaction[];
  /** digests of its header and of all state after it; none where the peer keeps no commit hash */
  readonly seen?: { readonly hash: string; readonly commitHash: string };
}

/** The ledger as a gateway sees it, through its organisation's own peer. */
export interface Ledger {
  /**
   * Asks peers to endorse.
   * @throws the chaincode's refusal; ERR_LEDGER_UNREACHABLE where asking again may help; ERR_LEDGER_REFUSED
   */
  endorse(call: Call): Promise<Endorsed>;
  /**
   * Waits for a transaction's fate.
   * @returns undefined where it is not known within the time
   * @throws ERR_LEDGER_UNREACHABLE
   */
  status(transaction: string, timeoutMs: number): Promise<CommitStatus | undefined>;
  /** Queries the peer. @throws as endorse */
  evaluate(call: Call): Promise<string>;
  /** How many blocks the peer has. @throws as endorse */
  height(): Promise<number>;
  /** A block as the peer stores it: common.Block of fabric-protos. @throws as endorse */
  block(number: number): Promise<Uint8Array>;
  /** Blocks from a number on, without end; ends by throwing where the peer goes away, and when the signal aborts. */
  blocks(from: number, signal: AbortSignal): AsyncIterable<LedgerBlock>;
}
