// One transaction, phase by phase: endorse, look at the result, submit, ask for its fate. Each phase fails in its own way,
// and each failure is answered in its own way.

import { isMusterError, MusterError } from '@muster/protocol';
import { backoffMs, pause } from '../clock.ts';
import type { Call, CommitStatus, Endorsed, Ledger } from '../ports.ts';

/** What relaying needs of the ledger. */
export type Relaying = Pick<Ledger, 'endorse' | 'status'>;

/** How hard to try. */
export interface Persistence {
  /** how long to try to reach the ledger, milliseconds */
  readonly relayMs: number;
  /** the same for an endorsement by named organisations, milliseconds */
  readonly namedMs: number;
  /** how often an overtaken transaction is made anew */
  readonly conflicts: number;
  /** aborts all trying; what was stored goes on after the next start */
  readonly signal: AbortSignal;
}

/** What the caller does at the turning points of a transaction. */
export interface Steps {
  /** whether the endorsed result is worth a transaction */
  worthwhile(result: string): boolean;
  /** before it is handed to the orderers */
  attempting(transaction: string, result: string): void;
  /** it was invalidated, so it changed nothing */
  invalidated(transaction: string, status: string): void;
}

/** How a call ended; `transaction` where it was committed. */
export interface Relayed {
  readonly result: string;
  readonly transaction?: string;
}

const RETRY = { firstMs: 50, mostMs: 2_000 };
const CONFLICT = { firstMs: 20, mostMs: 400 };
const STATUS_MS = 5_000;

/** Another transaction was faster, or the chaincode changed in between: a fresh transaction may succeed. */
const OVERTAKEN: ReadonlySet<string> = new Set([
  'MVCC_READ_CONFLICT',
  'PHANTOM_READ_CONFLICT',
  'EXPIRED_CHAINCODE',
  'CHAINCODE_VERSION_CONFLICT',
]);

function mayRetry(error: unknown, deadline: number, signal: AbortSignal): boolean {
  return isMusterError(error) && error.family === 'unreachable' && !signal.aborted && Date.now() < deadline;
}

async function endorse(ledger: Relaying, call: Call, persistence: Persistence): Promise<Endorsed> {
  const { relayMs, namedMs, signal } = persistence;
  const deadline = Date.now() + (call.endorsers === undefined ? relayMs : Math.min(namedMs, relayMs));
  for (let attempt = 0; ; attempt++) {
    try {
      return await ledger.endorse(call);
    } catch (error) {
      if (!mayRetry(error, deadline, signal)) throw error;
    }
    await pause(backoffMs(attempt, RETRY), signal);
  }
}

/** The transaction's fate, if it is known: a status that does not come says nothing about it. */
async function fateOf(ledger: Relaying, transaction: string): Promise<CommitStatus | undefined> {
  try {
    const status = await ledger.status(transaction, STATUS_MS);
    // it was handed over more than once: the first of them is the one that counts, and has a status of its own
    return status?.status === 'DUPLICATE_TXID' ? undefined : status;
  } catch (error) {
    if (isMusterError(error)) return undefined;
    throw error;
  }
}

/**
 * Submits until the transaction's fate is known, however long that takes: a failed submit says nothing about it (two in a
 * thousand that "failed" under load had been ordered), and a silent status is no failure either. Whoever waits is told that
 * it is pending. The same transaction may be handed over again, since its id commits once.
 * @throws ERR_LEDGER_REFUSED where it was never taken; ERR_LEDGER_UNREACHABLE when told to stop
 */
async function commit(ledger: Relaying, endorsed: Endorsed, { signal }: Persistence): Promise<CommitStatus> {
  let taken = false;
  for (let attempt = 0; ; attempt++) {
    let refusal: unknown;
    try {
      await endorsed.submit();
      taken = true;
    } catch (error) {
      // what was out of reach may have got it all the same
      if (isMusterError(error) && error.family === 'unreachable') taken = true;
      refusal = error;
    }
    const status = await fateOf(ledger, endorsed.transaction);
    if (status !== undefined) return status;
    if (!taken) throw refusal as Error;
    if (signal.aborted) {
      throw new MusterError('ERR_LEDGER_UNREACHABLE', { reason: `fate of ${endorsed.transaction} unknown` });
    }
    await pause(backoffMs(attempt, RETRY), signal);
  }
}

/**
 * Relays a call to its end.
 * @throws the chaincode's refusal; ERR_ENDORSER_SILENT; ERR_LEDGER_CONFLICT when others were faster each time; ERR_LEDGER_UNREACHABLE when the
 *   time is over; ERR_LEDGER_REFUSED when the peers or the validation said no without a code of ours
 */
export async function relayTransaction(
  ledger: Relaying,
  call: Call,
  steps: Steps,
  persistence: Persistence,
): Promise<Relayed> {
  let asked = call;
  for (let attempt = 0; ; attempt++) {
    const endorsed = await endorse(ledger, asked, persistence);
    const { transaction, result } = endorsed;
    if (!steps.worthwhile(result)) return { result };
    steps.attempting(transaction, result);
    const { status } = await commit(ledger, endorsed, persistence);
    if (status === 'VALID') return { result, transaction };
    steps.invalidated(transaction, status);
    if (status === 'ENDORSEMENT_POLICY_FAILURE' && endorsed.chosen === true) {
      asked = { ...call, anyone: true };
      continue;
    }
    if (!OVERTAKEN.has(status)) {
      throw new MusterError('ERR_LEDGER_REFUSED', { reason: `transaction ${transaction}: ${status}` });
    }
    if (attempt >= persistence.conflicts) throw new MusterError('ERR_LEDGER_CONFLICT', { transaction, status });
    await pause(backoffMs(attempt, CONFLICT), persistence.signal);
  }
}
