// consortium: who is in it, whose certificates count.

import { answer, LedgerContract, type LedgerContext } from '../context.ts';
import { readArguments } from '../arguments.ts';
import { enrol } from './enrol.ts';
import { loadOrganisation, loadRoster } from './load.ts';
import { register } from './register.ts';
import { revoke } from './revoke.ts';

export class ConsortiumContract extends LedgerContract {
  constructor() {
    super('consortium');
  }

  register(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => register(ledger, envelope));
  }

  enrol(ctx: LedgerContext, envelopes: string): Promise<string> {
    return answer(ctx, (ledger) => enrol(ledger, envelopes));
  }

  revoke(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => revoke(ledger, envelope));
  }

  organisation(ctx: LedgerContext, organisation: string): Promise<string> {
    return answer(ctx, async (ledger) => loadOrganisation(ledger, readArguments({ organisation }).organisation));
  }

  roster(ctx: LedgerContext, organisation: string): Promise<string> {
    return answer(ctx, async (ledger) => loadRoster(ledger, readArguments({ organisation }).organisation));
  }
}
