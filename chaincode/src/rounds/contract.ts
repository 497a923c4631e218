// rounds: commit and reveal, record, close, attest, finalise or abandon, settle.

import { listCommitments, listRoots, listUpdates } from '@muster/protocol';
import { answer, LedgerContract, type LedgerContext } from '../context.ts';
import { readArguments } from '../arguments.ts';
import { loadJob } from '../jobs/load.ts';
import type { Ledger } from '../ledger.ts';
import { abandon } from './abandon.ts';
import { attest } from './attest.ts';
import { close } from './close.ts';
import { commit } from './commit.ts';
import { finalise } from './finalise.ts';
import {
  loadAttestationCommitments,
  loadAttestations,
  loadCommitments,
  loadRoots,
  loadRound,
  loadUpdates,
} from './load.ts';
import { record } from './record.ts';
import { reveal } from './reveal.ts';
import { root } from './root.ts';
import { settle } from './settle.ts';

async function get(ledger: Ledger, id: string, number: string): Promise<unknown> {
  const read = readArguments({ job: id, round: number });
  const job = await loadJob(ledger, read.job);
  const round = await loadRound(ledger, read.job, read.round);
  const updates = listUpdates(await loadUpdates(ledger, job, round));
  const attestations = await loadAttestations(ledger, round, job.terms.organisations);
  const given = attestations.filter((attestation) => attestation !== undefined);
  const roots = job.terms.root && { roots: listRoots(await loadRoots(ledger, job, round)) };
  const view = { round, updates, ...roots, attestations: given };
  if (job.terms.commitments === undefined) return view;
  const ofUpdates = listCommitments(await loadCommitments(ledger, job, round));
  const ofAttestations = (await loadAttestationCommitments(ledger, job, round)).filter((one) => one !== undefined);
  const commitments = [
    ...ofUpdates.map((one) => ({ of: 'update', ...one })),
    ...ofAttestations.map((one) => ({ of: 'attestation', ...one })),
  ];
  return { ...view, commitments };
}

export class RoundsContract extends LedgerContract {
  constructor() {
    super('rounds');
  }

  commit(ctx: LedgerContext, envelopes: string): Promise<string> {
    return answer(ctx, (ledger) => commit(ledger, envelopes));
  }

  reveal(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => reveal(ledger, envelope));
  }

  record(ctx: LedgerContext, envelopes: string): Promise<string> {
    return answer(ctx, (ledger) => record(ledger, envelopes));
  }

  root(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => root(ledger, envelope));
  }

  close(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => close(ledger, envelope));
  }

  attest(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => attest(ledger, envelope));
  }

  finalise(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => finalise(ledger, envelope));
  }

  abandon(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => abandon(ledger, envelope));
  }

  settle(ctx: LedgerContext, envelope: string): Promise<string> {
    return answer(ctx, (ledger) => settle(ledger, envelope));
  }

  get(ctx: LedgerContext, job: string, round: string): Promise<string> {
    return answer(ctx, (ledger) => get(ledger, job, round));
  }
}
