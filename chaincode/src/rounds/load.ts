// Reads of rounds.

import {
  attestationCommitmentKeys,
  commitmentsPageKeys,
  isSealing,
  keys,
  MusterError,
  rootKeys,
  updatesPageKeys,
  type AttestationCommitmentState,
  type AttestationState,
  type BeaconSources,
  type EntriesPage,
  type CommitmentsState,
  type JobState,
  type Key,
  type ModelState,
  type RootState,
  type RoundState,
  type Stated,
  type UpdatesState,
} from '@muster/protocol';
import { getAll, type Ledger } from '../ledger.ts';

/** @throws ERR_ROUND_UNKNOWN */
export async function loadRound(ledger: Ledger, job: string, round: number): Promise<RoundState> {
  const state = await ledger.get(keys.round(job, round));
  if (state === undefined) throw new MusterError('ERR_ROUND_UNKNOWN', { job, round });
  return state;
}

/** Fetches what deciding on statements of rounds reads: their jobs, their rounds, and what lies where the caller says. */
export async function fetchRounds<A extends 'round.commit' | 'round.update'>(
  ledger: Ledger,
  stated: readonly Stated<A>[],
  keysOf: (job: JobState, stated: Stated<A>) => readonly Key[],
): Promise<void> {
  await ledger.fetch(stated.flatMap(({ statement: { job, round } }) => [keys.job(job), keys.round(job, round)]));
  const places: Key[] = [];
  for (const each of stated) {
    const job = await ledger.get(keys.job(each.statement.job));
    if (job !== undefined) places.push(...keysOf(job, each));
  }
  await ledger.fetch(places);
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
  return getAll(ledger, updatesPageKeys(terms, job, round));
}

/** All pages of a round's commitments to updates; none where the job has none. */
export function loadCommitments(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<(CommitmentsState | undefined)[]> {
  return getAll(ledger, commitmentsPageKeys(terms, job, round));
}

/** The commitments of a job's organisations to their attestations, in their order; none where the job has none. */
export function loadAttestationCommitments(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<(AttestationCommitmentState | undefined)[]> {
  return getAll(ledger, attestationCommitmentKeys(terms, job, round));
}

/** What a round waits for, as far as it is counted: commitments while there are to be some, else updates. */
export function loadAwaited(
  ledger: Ledger,
  job: JobState,
  round: RoundState,
): Promise<readonly (EntriesPage | undefined)[]> {
  if (isSealing(round)) return loadAttestationCommitments(ledger, job, round);
  return (round.phase === 'committing' ? loadCommitments : loadUpdates)(ledger, job, round);
}

/** Root updates of a job's organisations; none where the job has no root data. */
export function loadRoots(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<(RootState | undefined)[]> {
  return getAll(ledger, rootKeys(terms, job, round));
}

/** The attestations of some organisations, in their order. */
export function loadAttestations(
  ledger: Ledger,
  { job, round }: Pick<RoundState, 'job' | 'round'>,
  organisations: readonly string[],
): Promise<(AttestationState | undefined)[]> {
  return getAll(
    ledger,
    organisations.map((organisation) => keys.attestation(job, round, organisation)),
  );
}

/** What the job's organisations said of seeds, in this round and the one before; undefined where the job selects nobody. */
export async function loadBeacons(
  ledger: Ledger,
  { terms }: JobState,
  { job, round }: RoundState,
): Promise<BeaconSources | undefined> {
  if (terms.selection === undefined) return undefined;
  const said = (number: number): Promise<(AttestationState | undefined)[]> =>
    loadAttestations(ledger, { job, round: number }, terms.organisations);
  return { attested: await said(round), before: await said(round - 1) };
}
