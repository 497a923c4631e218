// The lineage of a model, read off an audited ledger: its job, and every finalised round up to the one that made it.

import {
  keys,
  listRoots,
  listUpdates,
  rootKeys,
  updatesPageKeys,
  type Artefact,
  type AttestationState,
  type JobState,
  type RootState,
  type RoundState,
  type UpdateEntry,
} from '@muster/protocol';
import { refuse } from './refuse.ts';
import type { LedgerAudit, RecordedAct } from './replay/ledger-audit.ts';

export interface LineageUpdate extends UpdateEntry {
  readonly act: RecordedAct;
}

export interface LineageRootUpdate extends RootState {
  readonly act: RecordedAct;
}

/** A finalised round, as its envelopes and the rules make it. */
export interface LineageRound {
  readonly round: RoundState;
  /** sorted by `by`, as everyone lists them */
  readonly updates: readonly LineageUpdate[];
  readonly attestations: readonly { readonly state: AttestationState; readonly act: RecordedAct }[];
  readonly excluded: AttestationState['excluded'];
  /** sorted by `by`; empty where the job has no root data */
  readonly roots: readonly LineageRootUpdate[];
  /** root updates left out of their median */
  readonly excludedRoots: AttestationState['excluded'];
  readonly model: Artefact;
  /** what the job's rule hands on with the model */
  readonly carry?: Artefact | undefined;
  readonly finalisation: RecordedAct;
}

export interface ModelLineage {
  readonly job: JobState;
  readonly proposal: RecordedAct;
  readonly votes: readonly RecordedAct[];
  /** oldest first; the last made the model */
  readonly rounds: readonly LineageRound[];
}

function actOf(audit: LedgerAudit, jti: string, record: string): RecordedAct {
  return audit.acts.get(jti) ?? refuse(record, `its envelope ${jti} is not on the ledger`);
}

function updatesOf(audit: LedgerAudit, { terms }: JobState, { job, round }: RoundState): LineageUpdate[] {
  const states = updatesPageKeys(terms, job, round).map((key) => audit.state.get(key));
  return listUpdates(states).map((entry) => ({
    ...entry,
    act: actOf(audit, entry.jti, `update of ${entry.by} in round ${round}`),
  }));
}

function rootsOf(audit: LedgerAudit, { terms }: JobState, { job, round }: RoundState): LineageRootUpdate[] {
  const states = rootKeys(terms, job, round).map((key) => audit.state.get(key));
  return listRoots(states).map((state) => ({
    ...state,
    act: actOf(audit, state.jti, `root update of ${state.by} in round ${round}`),
  }));
}

/** Finalising has one act only, which names what the model pointer moved to. */
function finalisationOf(audit: LedgerAudit, { job, round }: RoundState): RecordedAct {
  const record = `finalisation of round ${round}`;
  const found = [...audit.acts.values()].filter(({ act, envelope }) => {
    if (act !== 'round.finalise') return false;
    const statement = JSON.parse(Buffer.from(envelope.split('.')[1] ?? '', 'base64url').toString('utf8')) as RoundState;
    return statement.job === job && statement.round === round;
  });
  const [only] = found;
  if (only === undefined || found.length > 1) return refuse(record, `${found.length} acts did it`);
  return only;
}

/** The endorsements in the block are the votes: so many agreeing organisations' own peers signed the move of the model. */
function requireEndorsers(record: string, { terms }: JobState, named: readonly string[], act: RecordedAct): void {
  const agreeing = new Set(act.endorsedBy.filter((organisation) => named.includes(organisation)));
  if (agreeing.size < terms.quorum.attestations) {
    refuse(record, `${agreeing.size} agreeing organisations endorsed it, ${terms.quorum.attestations} are needed`);
  }
}

function roundOf(audit: LedgerAudit, job: JobState, round: RoundState): LineageRound {
  const record = `round ${round.round} of job ${job.job}`;
  const { model, carry, attestedBy = [] } = round;
  const attestations = attestedBy.map((organisation) => {
    const state = audit.state.get(keys.attestation(job.job, round.round, organisation));
    if (state === undefined) return refuse(record, `has no attestation of ${organisation}`);
    return { state, act: actOf(audit, state.jti, `attestation of ${organisation} in round ${round.round}`) };
  });
  const [first] = attestations;
  if (model === undefined || first === undefined) return refuse(record, 'is finalised without model or attestation');
  const finalisation = finalisationOf(audit, round);
  requireEndorsers(record, job, attestedBy, finalisation);
  return {
    round,
    updates: updatesOf(audit, job, round),
    attestations,
    excluded: first.state.excluded,
    roots: rootsOf(audit, job, round),
    excludedRoots: first.state.rootUpdates?.excluded ?? [],
    model,
    carry,
    finalisation,
  };
}

/**
 * The lineage of what a finalisation made.
 * @param upTo the round that made the model
 * @throws ERR_AUDIT_FAILED
 */
export function readLineage(audit: LedgerAudit, id: string, upTo: number): ModelLineage {
  const job = audit.state.get(keys.job(id)) ?? refuse(`job ${id}`, 'is not on the ledger');
  const rounds: LineageRound[] = [];
  let base = job.terms.base;
  let carry: Artefact | undefined;
  for (let number = 1; number <= upTo; number++) {
    const round =
      audit.state.get(keys.round(id, number)) ?? refuse(`round ${number} of job ${id}`, 'is not on the ledger');
    if (round.base.digest !== base.digest) refuse(`round ${number} of job ${id}`, `its base is not ${base.digest}`);
    if (round.baseCarry?.digest !== carry?.digest) refuse(`round ${number} of job ${id}`, 'its carry is another');
    // an abandoned round makes no model: the next one has the same base
    if (round.phase !== 'finalised') continue;
    const read = roundOf(audit, job, round);
    rounds.push(read);
    base = read.model;
    carry = read.carry;
  }
  const proposals = [...audit.acts.values()].filter(({ act }) => act === 'job.propose');
  const proposal =
    proposals.find(({ jti }) => Buffer.from(jti, 'base64url').subarray(0, 16).toString('hex') === id) ??
    refuse(`job ${id}`, 'its proposal is not on the ledger');
  const votes = Object.entries(job.votes).map(([organisation, { jti }]) =>
    actOf(audit, jti, `vote of ${organisation} on job ${id}`),
  );
  return { job, proposal, votes, rounds };
}

/** Finalisations among a block's acts that made a model, by its digest; of one job, where it is named. */
export function finalisedIn(
  acts: readonly RecordedAct[],
  model: string,
  job?: string,
): { readonly job: string; readonly round: number } | undefined {
  for (const { act, envelope, refused } of acts) {
    if (act !== 'round.finalise' || refused !== undefined) continue;
    const text = Buffer.from(envelope.split('.')[1] ?? '', 'base64url').toString('utf8');
    const statement = JSON.parse(text) as { job: string; round: number; aggregate: string };
    if (statement.aggregate === model && (job === undefined || statement.job === job)) {
      return { job: statement.job, round: statement.round };
    }
  }
  return undefined;
}
