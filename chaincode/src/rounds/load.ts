// Reads of rounds.

import {
  commitmentsPageKeys,
  keys,
  MusterError,
  updatesPageKeys,
  type AttestationState,
  type CommitmentsState,
  type JobState,
  type ModelState,
  type RoundState,
  type UpdatesState,
} from '@muster/protocol';
import type { Ledger } from '../ledger.ts';

/** @throws ERR_ROUND_UNKNOWN */
export async function loadRound(ledger: Ledger, job: string, round: number): Promise<RoundState> {
  const state = await ledger.get(keys.round(job, round));
  if (state === undefined) throw new MusterError('ERR_ROUND_UNKNOWN', { job, round });
  return state;
}

/** The model pointer of a job that has a round: the two came in one transaction. */
export async function loadModel(ledger: Ledger, job: string): Promise<ModelState> {
  return (await ledger.get(keys.model(job))) as ModelState;
}

/** All pages of a round's updates. */
export function loadUpdates(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<(UpdatesState | undefined)[]> {
  return Promise.all(updatesPageKeys(terms, job, round).map((key) => ledger.get(key)));
}

/** All pages of a round's commitments; none where the job has no commitments. */
export function loadCommitments(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<(CommitmentsState | undefined)[]> {
  return Promise.all(commitmentsPageKeys(terms, job, round).map((key) => ledger.get(key)));
}

/** The attestations of some organisations, in their order. */
export function loadAttestations(
  ledger: Ledger,
  { job, round }: Pick<RoundState, 'job' | 'round'>,
  organisations: readonly string[],
): Promise<(AttestationState | undefined)[]> {
  return Promise.all(organisations.map((organisation) => ledger.get(keys.attestation(job, round, organisation))));
}
