// A chaincode that does what it is told: reads, writes, deletions and ranges in the order of a script. For tests of the ledger.

import { Contract, type Context } from 'fabric-contract-api';

/** One step of a script. */
export type Step =
  | { readonly get: string }
  | { readonly put: string; readonly value: string }
  | { readonly delete: string }
  | { readonly range: readonly [start: string, end: string] };

/** Key and value, as a step saw them; null where there was none. */
export type Seen = readonly [key: string, value: string | null];

export class ProbeContract extends Contract {
  constructor() {
    super('probe');
  }

  /** Runs a script. @returns JSON of what its steps saw, in their order */
  async run(context: Context, script: string): Promise<string> {
    const { stub } = context;
    const seen: Seen[] = [];
    for (const step of JSON.parse(script) as Step[]) {
      if ('get' in step) {
        const bytes = await stub.getState(step.get);
        seen.push([step.get, bytes.length === 0 ? null : Buffer.from(bytes).toString('utf8')]);
      } else if ('put' in step) {
        await stub.putState(step.put, Buffer.from(step.value));
      } else if ('delete' in step) {
        await stub.deleteState(step.delete);
      } else {
        const iterator = await stub.getStateByRange(...step.range);
        try {
          for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
            seen.push([next.value.key, Buffer.from(next.value.value).toString('utf8')]);
          }
        } finally {
          await iterator.close();
        }
      }
    }
    return JSON.stringify(seen);
  }
}
