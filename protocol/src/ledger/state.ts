// What the ledger stores under each key. Every value carries `v`, so that an upgrade can read older ones. Times are milliseconds.

import type { Moment } from '../consortium/consortium.ts';
import type { Committed } from '../envelope/acts.ts';
import type { Role } from '../envelope/certificate.ts';
import type { Holder } from '../envelope/holder.ts';
import type { Artefact, Terms } from '../job/terms.ts';
import type { Beacon } from '../round/sortition.ts';
import type { Evaluation, RootUpdates, Statement, Updates } from '../statements.ts';

export interface OrganisationState {
  readonly v: 1;
  readonly organisation: string;
  /** pinned identity CA roots, PEM */
  readonly roots: readonly string[];
  readonly registeredBy: string;
  readonly at: number;
}

/** An enrolled certificate. */
export interface Enrolment extends Holder {
  readonly name: string;
  readonly role: Role;
  /** SubjectPublicKeyInfo, base64 */
  readonly publicKey: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly at: number;
  readonly revoked?: { readonly at: number; readonly by: string; readonly reason: string };
}

/** A page of an organisation's certificates, by thumbprint. */
export interface RosterState {
  readonly v: 1;
  readonly certificates: Readonly<Record<string, Enrolment>>;
}

export type JobStatus = 'proposed' | 'approved' | 'rejected' | 'finished' | 'failed';

export interface Vote {
  readonly by: string;
  readonly verdict: 'approve' | 'reject';
  readonly at: number;
  readonly jti: string;
}

export interface JobState {
  readonly v: 1;
  readonly job: string;
  readonly terms: Terms;
  readonly status: JobStatus;
  readonly proposedBy: string;
  readonly proposedAt: number;
  /** by organisation */
  readonly votes: Readonly<Record<string, Vote>>;
}

/** The model pointer of a job. */
export interface ModelState {
  readonly v: 1;
  readonly job: string;
  /** the last opened round; 0 before the first */
  readonly round: number;
  readonly finalised: number;
  readonly abandoned: number;
  /** the parameters after the last finalised round */
  readonly model: Artefact;
  /** the round that made them; 0 for the job's base */
  readonly from: number;
  /** what the job's rule carries on from that round */
  readonly carry?: Artefact;
}

export type Phase = 'committing' | 'open' | 'closed' | 'finalised' | 'abandoned';

export interface RoundState {
  readonly v: 1;
  readonly job: string;
  readonly round: number;
  readonly phase: Phase;
  readonly base: Artefact;
  /** what the round that made the base handed on, where the job's rule carries something; zeros where nothing is there yet */
  readonly baseCarry?: Artefact;
  /** by which the round takes agents, where the job selects them and organisations have revealed enough */
  readonly seed?: string;
  readonly openedAt: number;
  /** end of the window for commitments to updates, where the job asks for them */
  readonly commitsUntil?: number;
  /** the commitments, as they were counted when revealing began: how many, and the RFC 6962 root of their leaves */
  readonly commitments?: Updates;
  /** from when committed updates may be revealed */
  readonly revealedAt?: number;
  /** end of the window for updates; while committing, what it would be if revealing began at {@link commitsUntil} */
  readonly updatesUntil: number;
  readonly closedAt?: number;
  /** end of the window for commitments to attestations, where the job asks for them */
  readonly attestationCommitsUntil?: number;
  /** organisations that committed to their attestations before any was shown, in order */
  readonly committedBy?: readonly string[];
  /** from when attestations may be shown, where they were committed to */
  readonly attestationsRevealedAt?: number;
  /** end of the window for attestations; before they are revealed, what it would be if that began at its latest */
  readonly attestationsUntil?: number;
  readonly updates?: Updates;
  /** as they were counted at close, where the job has root data */
  readonly rootUpdates?: Updates;
  /** agents that committed and did not reveal, in order of their names; the first thousand of them */
  readonly withheld?: readonly string[];
  readonly model?: Artefact;
  /** what this round hands on with its model */
  readonly carry?: Artefact;
  /** organisations whose attestations agreed */
  readonly attestedBy?: readonly string[];
  /** those of them whose attestations are not what they committed to before any was shown, where the job has commitments */
  readonly dependent?: readonly string[];
  /** organisations that had committed to a value for the next seed and did not reveal it, where the job selects agents */
  readonly unrevealed?: readonly string[];
  readonly finalisedAt?: number;
  readonly abandonedAt?: number;
  readonly reason?: string;
}

/** A recorded update. */
export interface UpdateRecord {
  readonly by: string;
  readonly certificate: string;
  readonly jti: string;
  readonly update: Artefact;
  readonly examples: number;
  readonly dataset: Statement<'round.update'>['dataset'];
  readonly metrics: Statement<'round.update'>['metrics'];
  readonly privacy: Statement<'round.update'>['privacy'];
  readonly at: number;
  readonly transaction: string;
}

/**
 * What the state tells of a recorded update: all that later transactions decide by. The rest is in the envelope, which the
 * transaction holds.
 */
export type UpdateEntry = Pick<UpdateRecord, 'by' | 'jti' | 'update' | 'examples' | 'at' | 'transaction'>;

/** A page of an organisation's updates in a round. Pages are written anew by each batch, so they are kept small. */
export interface UpdatesState {
  readonly v: 2;
  readonly organisation: string;
  /** of the transactions that recorded them */
  readonly moments: readonly Moment[];
  /** by agent name; `moment` is the index of theirs */
  readonly updates: Readonly<
    Record<string, Pick<UpdateEntry, 'jti' | 'update' | 'examples'> & { readonly moment: number }>
  >;
}

/** A recorded commitment to a sealed update or attestation. */
export interface CommitmentRecord {
  readonly of: Committed;
  readonly by: string;
  readonly certificate: string;
  readonly jti: string;
  /** SHA-256 of the envelope that will be revealed */
  readonly commitment: string;
  readonly at: number;
  readonly transaction: string;
}

/** What the state tells of a recorded commitment. */
export type CommitmentEntry = Omit<CommitmentRecord, 'certificate' | 'of'>;

/** The commitment of an organisation to its attestation of a round. */
export interface AttestationCommitmentState extends CommitmentEntry {
  readonly v: 1;
  readonly organisation: string;
}

/** A page of the commitments of an organisation's agents in a round. */
export interface CommitmentsState {
  readonly v: 1;
  readonly organisation: string;
  /** of the transactions that recorded them */
  readonly moments: readonly Moment[];
  /** by agent name; `moment` is the index of theirs */
  readonly commitments: Readonly<
    Record<string, Pick<CommitmentEntry, 'jti' | 'commitment'> & { readonly moment: number }>
  >;
}

/** An organisation's root update: what its validator's training on the job's root data changed. */
export interface RootState extends Moment {
  readonly v: 1;
  readonly job: string;
  readonly round: number;
  readonly organisation: string;
  readonly by: string;
  readonly certificate: string;
  readonly jti: string;
  readonly update: Artefact;
  readonly metrics: Statement<'round.root'>['metrics'];
}

export interface AttestationState {
  readonly v: 1;
  readonly job: string;
  readonly round: number;
  readonly organisation: string;
  readonly by: string;
  readonly certificate: string;
  readonly jti: string;
  readonly iat: number;
  readonly base: string;
  readonly updates: Updates;
  readonly excluded: Statement<'round.attest'>['excluded'];
  readonly rootUpdates?: RootUpdates;
  readonly aggregate: Artefact;
  readonly carry?: Artefact;
  readonly evaluation: Evaluation;
  /** of the accepted updates, in order of their agents' names, in millionths of loss */
  readonly scores?: readonly number[];
  /** where attestations are committed to: whether this is what its organisation committed to before any was shown */
  readonly independent?: boolean;
  /** where the job selects agents */
  readonly beacon?: Beacon;
  readonly at: number;
  readonly transaction: string;
}

/** What is remembered of an agent's scores in a job; −10^6 … 10^6. */
export interface Standing {
  /** the moving average */
  readonly reputationMicro: number;
  /** what moved it last */
  readonly scoreMicro: number;
  /** how many rounds moved it */
  readonly rounds: number;
  /** the last of them */
  readonly round: number;
}

/** A page of the reputations of an organisation's agents in a job. */
export interface ReputationState {
  readonly v: 1;
  readonly job: string;
  readonly organisation: string;
  /** the last round that was settled for the organisation; the same on all its pages */
  readonly round: number;
  /** by agent name */
  readonly agents: Readonly<Record<string, Standing>>;
}

/**
 * excluded: left out by its agent's own fault; unavailable: left out, whoever's fault that was, so nothing moved; unscored:
 * accepted, but too few organisations scored; withheld: committed to and never revealed.
 */
export const SETTLED_OUTCOMES = ['counted', 'unscored', 'excluded', 'withheld', 'unavailable'] as const;
export type SettledOutcome = (typeof SETTLED_OUTCOMES)[number];

/** What a settled round said of an agent, and where that left it. */
export interface SettledAgent extends Standing {
  readonly by: string;
  readonly outcome: SettledOutcome;
  /** why it was left out */
  readonly code?: string;
  /** the organisations' median score, in millionths of loss */
  readonly medianMicro?: number;
}

/** A round settled for an organisation; its agents in order of their names. */
export interface Settlement extends Moment {
  readonly v: 1;
  readonly job: string;
  readonly round: number;
  readonly organisation: string;
  readonly by: string;
  readonly jti: string;
  readonly agents: readonly SettledAgent[];
}

/** What lies under a key of each type. */
export interface States {
  readonly organisation: OrganisationState;
  readonly roster: RosterState;
  readonly job: JobState;
  readonly model: ModelState;
  readonly round: RoundState;
  readonly commitments: CommitmentsState;
  readonly updates: UpdatesState;
  readonly 'attestation-commitment': AttestationCommitmentState;
  readonly root: RootState;
  readonly attestation: AttestationState;
  readonly reputation: ReputationState;
}
