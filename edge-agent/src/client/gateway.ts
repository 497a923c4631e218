// The port to a gateway: what agents, validators and commands ask of it. Adapters: https-transport (real), rehearsal's memory.

import type {
  Act,
  Artefact,
  AttestationState,
  CommitmentRecord,
  Enrolment,
  ErrorReport,
  EventType,
  Events,
  JobState,
  JobStatus,
  KeyType,
  LedgerEvent,
  ModelState,
  OrganisationState,
  Receipt,
  Role,
  RootState,
  RoundState,
  SettledAgent,
  SignedCheckpoint,
  Standing,
  UpdateRecord,
} from '@muster/protocol';

/** The fate of one envelope at a gateway. */
export interface Submission {
  readonly jti: string;
  readonly act: Act;
  readonly status: 'pending' | 'recorded' | 'refused';
  readonly receipt?: Receipt;
  readonly result?: unknown;
  readonly error?: ErrorReport;
}

/** An event of the ledger: where it happened and what it carries. `id` is `<block>.<transaction index>.<event index>`. */
export type EventRow = {
  [T in EventType]: {
    readonly id: string;
    readonly type: T;
    readonly data: Events[T];
    readonly block: number;
    readonly transaction: string;
    readonly at: number;
  };
}[EventType];

export interface JobView {
  readonly job: JobState;
  readonly model: ModelState | null;
}

export interface RoundView {
  readonly round: RoundState;
  /** to updates and to attestations, sorted by `by`; where the job has commitments */
  readonly commitments?: readonly CommitmentRecord[];
  /** sorted by `by` */
  readonly updates: readonly UpdateRecord[];
  /** sorted by `by`; where the job has root data */
  readonly roots?: readonly RootState[];
  /** sorted by organisation */
  readonly attestations: readonly AttestationState[];
}

/** What a closed round's organisations say of an agent's update, in millionths of loss, and what the ledger made of it. */
export interface ScoredUpdate {
  readonly by: string;
  readonly scores: readonly { readonly organisation: string; readonly scoreMicro: number }[];
  readonly settled?: SettledAgent;
}

/** An agent's reputation in a job. */
export interface Reputation extends Standing {
  readonly job: string;
  readonly organisation: string;
  readonly by: string;
}

export type RosterEntry = Enrolment & {
  readonly organisation: string;
  readonly certificate: string;
  readonly pem: string;
};

export interface HistoryEntry {
  readonly transaction: string;
  readonly at: number;
  readonly block?: number;
  readonly value: unknown;
  readonly deleted: boolean;
}

export type LineageEntry = RoundView & { readonly transaction: string; readonly block: number };

export interface Lineage {
  readonly job: JobState;
  /** oldest first */
  readonly lineage: readonly LineageEntry[];
}

/** What to find among the events; times in milliseconds. */
export interface EventQuery {
  readonly organisation?: string;
  readonly by?: string;
  readonly job?: string;
  readonly type?: string;
  readonly digest?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Two signed statements of one height that differ. */
export interface Fork {
  readonly organisation: string;
  readonly block: number;
  readonly ours: SignedCheckpoint;
  readonly theirs: SignedCheckpoint;
}

export interface TransactionView {
  readonly transaction: string;
  readonly block: number;
  readonly at: number;
  readonly creator: string;
  readonly status: string;
  readonly events: readonly LedgerEvent[];
}

export interface FollowOptions {
  readonly types?: readonly EventType[];
  readonly job?: string;
  /** the id of the last event known; without it the stream starts at now */
  readonly since?: string;
  readonly signal: AbortSignal;
  /** called each time the stream stands: whoever is level-triggered looks again, whatever happened in between */
  readonly onConnected?: () => void;
}

export interface Gateway {
  /**
   * Hands in an envelope and waits up to `waitMs` for its fate. The same envelope again is the same submission.
   * @param turn how many gateways have taken it before and told no fate: the next is asked first
   * @throws MusterError of the refusal, or ERR_GATEWAY_UNREACHABLE and the like
   */
  submit(act: Act, envelope: string, waitMs: number, turn?: number): Promise<Submission>;
  jobs(status?: JobStatus): Promise<JobState[]>;
  /** @throws ERR_JOB_UNKNOWN */
  job(job: string): Promise<JobView>;
  rounds(job: string): Promise<RoundState[]>;
  /** @throws ERR_ROUND_UNKNOWN */
  round(job: string, round: number): Promise<RoundView>;
  /** by name; none before the round is closed. @throws ERR_ROUND_UNKNOWN */
  scores(job: string, round: number): Promise<ScoredUpdate[]>;
  /** in the order in which agents were first settled */
  reputations(job: string, filter?: { readonly organisation?: string }): Promise<Reputation[]>;
  organisations(): Promise<OrganisationState[]>;
  agents(filter?: { readonly organisation?: string; readonly role?: Role }): Promise<RosterEntry[]>;
  history(type: KeyType, attributes: readonly string[]): Promise<HistoryEntry[]>;
  lineage(digest: string): Promise<Lineage>;
  /** newest first, at most `limit` */
  find(query: EventQuery, limit: number): Promise<EventRow[]>;
  transaction(id: string): Promise<TransactionView>;
  /** What the gateway saw of the ledger at the agreed heights, signed, oldest first; at most 200 from a block on. */
  checkpoints(from: number): Promise<readonly SignedCheckpoint[]>;
  /** Where it saw another organisation state another ledger. */
  forks(): Promise<readonly Fork[]>;
  /** Blocks of the ledger as bytes, from a number to the last there is. Nothing of them is verified here. */
  blocks(from: number): AsyncGenerator<Uint8Array, void>;
  /** Stores bytes under their content id, by turn as envelopes are; nothing is sent when they are there already. */
  putArtefact(bytes: Uint8Array, turn?: number): Promise<Artefact>;
  /**
   * Bytes of a content id, verified.
   * @throws ERR_ARTEFACT_UNKNOWN, ERR_ARTEFACT_MISMATCH
   */
  getArtefact(cid: string): Promise<Uint8Array>;
  /** Follows the ledger's events, healing over interruptions, until the signal aborts. */
  follow(options: FollowOptions): AsyncGenerator<EventRow, void>;
  close(): Promise<void>;
}
