// audit: any state, what it was before, and lists of it. Reads only.

import { answer, LedgerContract, type LedgerContext } from '../context.ts';
import { readArguments, readKey } from '../arguments.ts';
import type { Ledger } from '../ledger.ts';

async function get(ledger: Ledger, type: string, attributes: string): Promise<unknown> {
  return (await ledger.get(readKey(type, attributes))) ?? null;
}

async function history(ledger: Ledger, key: readonly [string, string], limit: string, from: string): Promise<unknown> {
  const { size, skip } = readArguments({ size: limit, skip: from });
  return ledger.history(readKey(...key), size, skip);
}

async function page(ledger: Ledger, key: readonly [string, string], pageSize: string, from: string): Promise<unknown> {
  const [type, ...prefix] = readKey(...key);
  const { size, bookmark } = readArguments({ size: pageSize, bookmark: from });
  return ledger.page(type, prefix, size, bookmark);
}

export class AuditContract extends LedgerContract {
  constructor() {
    super('audit');
  }

  get(ctx: LedgerContext, type: string, attributes: string): Promise<string> {
    return answer(ctx, (ledger) => get(ledger, type, attributes));
  }

  history(ctx: LedgerContext, type: string, attributes: string, limit: string, skip: string): Promise<string> {
    return answer(ctx, (ledger) => history(ledger, [type, attributes], limit, skip));
  }

  page(ctx: LedgerContext, type: string, prefix: string, pageSize: string, bookmark: string): Promise<string> {
    return answer(ctx, (ledger) => page(ledger, [type, prefix], pageSize, bookmark));
  }
}
