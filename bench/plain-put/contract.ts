// The plainest chaincode there is: one put of the caller's bytes a transaction. What Muster's coalescing is measured beside.

import { Contract, type Context } from 'fabric-contract-api';

export class PlainPut extends Contract {
  constructor() {
    super('plain');
  }

  /** Puts a value under a key. */
  async put(context: Context, key: string, value: string): Promise<void> {
    await context.stub.putState(key, Buffer.from(value));
  }

  /** The value under a key; empty where there is none. Only asked for puts that were told to have failed. */
  async get(context: Context, key: string): Promise<string> {
    return Buffer.from(await context.stub.getState(key)).toString('utf8');
  }
}
