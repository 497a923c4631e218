// What the acts load of a replayed ledger.

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
  type CommitmentsState,
  type EntriesPage,
  type JobState,
  type OrganisationState,
  type RootState,
  type RoundState,
  type UpdatesState,
} from '@muster/protocol';
import type { ReplayedLedger } from './replayed-ledger.ts';

export function organisationOf(ledger: ReplayedLedger, organisation: string): OrganisationState {
  return ledger.get(keys.organisation(organisation)) ?? refuse('ERR_ORGANISATION_UNKNOWN', { organisation });
}

export function jobOf(ledger: ReplayedLedger, job: string): JobState {
  return ledger.get(keys.job(job)) ?? refuse('ERR_JOB_UNKNOWN', { job });
}

export function roundOf(ledger: ReplayedLedger, job: string, round: number): RoundState {
  return ledger.get(keys.round(job, round)) ?? refuse('ERR_ROUND_UNKNOWN', { job, round });
}

function refuse<C extends 'ERR_ORGANISATION_UNKNOWN' | 'ERR_JOB_UNKNOWN' | 'ERR_ROUND_UNKNOWN'>(
  code: C,
  details: MusterError<C>['details'],
): never {
  throw new MusterError(code, details);
}

export function pagesOf(
  ledger: ReplayedLedger,
  { terms }: JobState,
  { job, round }: RoundState,
): (UpdatesState | undefined)[] {
  return updatesPageKeys(terms, job, round).map((key) => ledger.get(key));
}

export function commitmentsOf(
  ledger: ReplayedLedger,
  { terms }: JobState,
  { job, round }: RoundState,
): (CommitmentsState | undefined)[] {
  return commitmentsPageKeys(terms, job, round).map((key) => ledger.get(key));
}

export function attestationCommitmentsOf(
  ledger: ReplayedLedger,
  { terms }: JobState,
  { job, round }: RoundState,
): (AttestationCommitmentState | undefined)[] {
  return attestationCommitmentKeys(terms, job, round).map((key) => ledger.get(key));
}

export function rootsOf(
  ledger: ReplayedLedger,
  { terms }: JobState,
  { job, round }: RoundState,
): (RootState | undefined)[] {
  return rootKeys(terms, job, round).map((key) => ledger.get(key));
}

export function awaitedBy(
  ledger: ReplayedLedger,
  job: JobState,
  round: RoundState,
): readonly (EntriesPage | undefined)[] {
  if (isSealing(round)) return attestationCommitmentsOf(ledger, job, round);
  return (round.phase === 'committing' ? commitmentsOf : pagesOf)(ledger, job, round);
}

/** What organisations said of seeds; undefined where the job selects nobody. */
export function beaconsOf(
  ledger: ReplayedLedger,
  { terms }: JobState,
  { job, round }: RoundState,
): BeaconSources | undefined {
  if (terms.selection === undefined) return undefined;
  const said = (number: number): (AttestationState | undefined)[] =>
    terms.organisations.map((organisation) => ledger.get(keys.attestation(job, number, organisation)));
  return { attested: said(round), before: said(round - 1) };
}
