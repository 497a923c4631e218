// The jobs and rounds of a ledger in memory, and what its acts read of them.

import {
  isSealing,
  recordAttestationCommitment,
  recordCommitment,
  type AttestationCommitmentState,
  type AttestationState,
  type BeaconSources,
  type CommitmentRecord,
  type CommitmentsState,
  type EntriesPage,
  type JobState,
  type ModelState,
  type Moment,
  type Receipt,
  type ReputationState,
  type RootState,
  type RoundState,
  type Stated,
  type UpdatesState,
} from '@muster/protocol';

/** A round with what belongs to it. */
export interface MemoryRound {
  state: RoundState;
  /** pages of updates by organisation */
  readonly updates: Map<string, UpdatesState>;
  /** pages of commitments by organisation */
  readonly commitments: Map<string, CommitmentsState>;
  /** by organisation */
  readonly attestationCommitments: Map<string, AttestationCommitmentState>;
  /** root updates by organisation */
  readonly roots: Map<string, RootState>;
  readonly attestations: Map<string, AttestationState>;
}

export interface MemoryJob {
  state: JobState;
  model: ModelState | undefined;
  readonly rounds: Map<number, MemoryRound>;
  /** pages of reputations by organisation */
  readonly reputations: Map<string, readonly ReputationState[]>;
}

/** Commits to an update or to an attestation. */
export function commitIn(
  job: JobState,
  round: MemoryRound,
  stated: Stated<'round.commit'>,
  moment: Moment,
): { readonly receipt: Receipt; readonly record?: CommitmentRecord } {
  const { organisation } = stated;
  if (stated.statement.of === 'update') {
    const page = round.commitments.get(organisation);
    const recorded = recordCommitment(job, round.state, page, stated, moment);
    round.commitments.set(organisation, recorded.state);
    return recorded;
  }
  const held = round.attestationCommitments.get(organisation);
  const recorded = recordAttestationCommitment(job, round.state, held, stated, moment);
  round.attestationCommitments.set(organisation, recorded.state);
  return recorded;
}

/** In order of the job's organisations, as the ledger loads them. */
export function attestationCommitmentsOf(
  { state: { terms } }: MemoryJob,
  { attestationCommitments }: MemoryRound,
): (AttestationCommitmentState | undefined)[] {
  return terms.organisations.map((organisation) => attestationCommitments.get(organisation));
}

/** What organisations said of seeds, where the job selects agents. */
export function beaconsOf(
  { state: { terms }, rounds }: MemoryJob,
  { state: { round } }: MemoryRound,
): BeaconSources | undefined {
  if (terms.selection === undefined) return undefined;
  const said = (number: number): (AttestationState | undefined)[] =>
    terms.organisations.map((organisation) => rounds.get(number)?.attestations.get(organisation));
  return { attested: said(round), before: said(round - 1) };
}

/** What a round waits for. */
export function awaitedIn(round: MemoryRound): ReadonlyMap<string, EntriesPage> {
  if (isSealing(round.state)) return round.attestationCommitments;
  return round.state.phase === 'committing' ? round.commitments : round.updates;
}
