// jobs: proposed by one, approved by m of n.

import { keys } from '@muster/protocol';
import { answer, LedgerContract, type LedgerContext } from '../context.ts';
import { readArguments } from '../arguments.ts';
import type { Ledger } from '../ledger.ts';
import { loadJob } from './load.ts';
import { propose } from './propose.ts';
import { vote } from './vote.ts';

async function get(ledger: Ledger, text: string): Promise<unknown> {
  const { job } = readArguments({ job: text });
  return { job: await loadJob(ledger, job), model: (await ledger.get(keys.model(job))) ?? null };
}

async function list(ledger: Ledger, pageSize: string, from: string): Promise<unknown> {
  const { size, bookmark } = readArguments({ size: pageSize, bookmark: from });
  const page = await ledger.page('job', [], size, bookmark);
  return { items: page.items.map(({ value }) => value), bookmark: page.bookmark };
}

export class JobsContract extends LedgerContract {
  constructor() {
    super('jobs');
  }

  propose(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => propose(ledger, envelope));
  }

  vote(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => vote(ledger, envelope));
  }

  get(ctx: LedgerContext, job: string): Promise<string> {
    return answer(ctx, (ledger) => get(ledger, job));
  }

  list(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    return answer(ctx, (ledger) => list(ledger, pageSize, bookmark));
  }
}
