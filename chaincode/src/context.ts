// What every contract of the chaincode has: a context with the ledger in it, and one way to answer.

import { canonicalise, isMusterError, MusterError, toWire } from '@muster/protocol';
import { Context, Contract } from 'fabric-contract-api';
import { FabricLedger } from './fabric-ledger.ts';
import type { Ledger } from './ledger.ts';

/** The context of one transaction. */
export class LedgerContext extends Context {
  #ledger: FabricLedger | undefined;

  /** The ledger; the framework hands over the stub only after the context was made. */
  get ledger(): FabricLedger {
    this.#ledger ??= new FabricLedger(this.stub);
    return this.#ledger;
  }
}

/** A contract whose transactions have a {@link LedgerContext}. Contracts hold no state of their own. */
export class LedgerContract extends Contract {
  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  /** @throws ERR_ROUTE_UNKNOWN, as text */
  override unknownTransaction(ctx: LedgerContext): Promise<void> {
    const path = ctx.stub.getFunctionAndParameters().fcn.slice(0, 80);
    return Promise.reject(new Error(toWire(new MusterError('ERR_ROUTE_UNKNOWN', { method: 'chaincode', path }))));
  }
}

/** What is told outside: a refusal as it is; of anything else, only where its cause is logged. */
function told(error: unknown, transaction: string): MusterError {
  if (isMusterError(error)) return error;
  // eslint-disable-next-line determinism/no-console -- a defect's cause is for its operator, never for the answer
  console.error(`defect in transaction ${transaction}:`, error);
  return new MusterError('ERR_DEFECT', { reference: transaction }, { cause: error });
}

/**
 * Answers a transaction: runs the act, then writes what it changed.
 * @returns canonical JSON of the act's result
 * @throws Error with {@link toWire}'s text; then nothing was written
 */
export async function answer(ctx: LedgerContext, act: (ledger: Ledger) => Promise<unknown>): Promise<string> {
  try {
    const result = canonicalise(await act(ctx.ledger));
    await ctx.ledger.flush();
    return result;
  } catch (error) {
    throw new Error(toWire(told(error, ctx.stub.getTxID())), { cause: error });
  }
}
