// A consortium's ledger in memory: the protocol's rules over maps, one transaction at a time. For tests and rehearsals.

import {
  abandonRound,
  attestRound,
  authenticate,
  closeRound,
  enrol,
  finaliseRound,
  MusterError,
  proposeJob,
  readStatement,
  recordRoot,
  recordUpdate,
  registerOrganisation,
  revealAttestations,
  revealRound,
  settleRound,
  voteJob,
  type Act,
  type AttestationState,
  type JobState,
  type LedgerEvent,
  type ModelState,
  type Moment,
  type OrganisationState,
  type Receipt,
  type RosterState,
  type RoundState,
} from '@muster/protocol';
import {
  attestationCommitmentsOf,
  awaitedIn,
  beaconsOf,
  commitIn,
  type MemoryJob,
  type MemoryRound,
} from './memory-rounds.ts';
import type { EventRow } from '../../../edge-agent/src/client/index.ts';

interface Outcome {
  readonly receipt?: Receipt;
  readonly events: readonly LedgerEvent[];
}

type Handler = (envelope: string, creator: string, moment: Moment) => Outcome;

export class MemoryConsortium {
  readonly organisations = new Map<string, OrganisationState>();
  readonly rosters = new Map<string, RosterState>();
  readonly jobs = new Map<string, MemoryJob>();
  readonly events: EventRow[] = [];
  private readonly receipts = new Map<string, Receipt>();
  private readonly listeners = new Set<() => void>();
  private readonly now: () => number;
  private transactions = 0;

  /** @param now the ledger's clock, milliseconds since 1970 */
  constructor(now: () => number) {
    this.now = now;
  }

  /**
   * Does an act, as the transaction of a creator's organisation.
   * @throws what the rules throw
   */
  apply(act: Act, envelope: string, creator: string): Receipt {
    const { statement } = readStatement(act, envelope);
    const known = this.receipts.get(statement.jti);
    if (known !== undefined) return known;
    const moment: Moment = { at: this.now(), transaction: `transaction-${this.transactions + 1}` };
    const { receipt, events } = this.handlers[act](envelope, creator, moment);
    this.transactions++;
    const recorded = receipt ?? { jti: statement.jti, by: statement.by, ...moment };
    this.receipts.set(statement.jti, recorded);
    this.tell(events, moment);
    return recorded;
  }

  /** Calls back after each transaction. @returns how to stop that */
  onTransaction(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  job(id: string): MemoryJob {
    const job = this.jobs.get(id);
    if (job === undefined) throw new MusterError('ERR_JOB_UNKNOWN', { job: id });
    return job;
  }

  round(id: string, number: number): MemoryRound {
    const round = this.job(id).rounds.get(number);
    if (round === undefined) throw new MusterError('ERR_ROUND_UNKNOWN', { job: id, round: number });
    return round;
  }

  private tell(events: readonly LedgerEvent[], { at, transaction }: Moment): void {
    const block = this.transactions;
    events.forEach((each, i) => {
      this.events.push({ ...each, id: `${block}.0.${i}`, block, transaction, at });
    });
    for (const listener of this.listeners) listener();
  }

  private readonly handlers: Readonly<Record<Act, Handler>> = {
    'consortium.register': (envelope, creator, moment) => {
      const stated = readStatement('consortium.register', envelope);
      const existing = this.organisations.get(stated.organisation);
      const { state, events } = registerOrganisation(existing, stated, creator, moment);
      this.organisations.set(stated.organisation, state);
      return { events };
    },
    'consortium.enrol': (envelope, _creator, moment) => {
      const stated = readStatement('consortium.enrol', envelope);
      const { organisation } = stated;
      const registered = this.organisations.get(organisation);
      if (registered === undefined) throw new MusterError('ERR_ORGANISATION_UNKNOWN', { organisation });
      const { state, events } = enrol(registered, this.rosters.get(organisation), stated, moment);
      this.rosters.set(organisation, state);
      return { events };
    },
    'consortium.revoke': () => {
      throw new TypeError('a rehearsal revokes nothing');
    },
    'job.propose': (envelope, _creator, moment) => {
      const stated = this.authenticated('job.propose', envelope, moment);
      const { state, events } = proposeJob(undefined, stated, moment);
      this.jobs.set(state.job, { state, model: undefined, rounds: new Map(), reputations: new Map() });
      return { events };
    },
    'job.vote': (envelope, _creator, moment) => {
      const stated = this.authenticated('job.vote', envelope, moment);
      const job = this.job(stated.statement.job);
      const outcome = voteJob(job.state, stated, moment);
      job.state = outcome.job;
      if (outcome.opened !== undefined) this.open(job, outcome.opened.model, outcome.opened.round);
      return { events: outcome.events };
    },
    'round.commit': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.commit', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { receipt, record } = commitIn(job.state, round, stated, moment);
      if (record === undefined) return { receipt, events: [] };
      const { job: id, round: number } = stated.statement;
      return { receipt, events: [{ type: 'round.committed', data: { ...record, job: id, round: number } }] };
    },
    'round.reveal': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.reveal', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { state, events } =
        stated.statement.of === 'update'
          ? revealRound(job.state, round.state, [...round.commitments.values()], moment)
          : revealAttestations(job.state, round.state, attestationCommitmentsOf(job, round), moment);
      round.state = state;
      return { events };
    },
    'round.update': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.update', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const page = round.updates.get(stated.organisation);
      const committed = round.commitments.get(stated.organisation);
      const { state, receipt, record } = recordUpdate(job.state, round.state, page, stated, moment, committed);
      round.updates.set(stated.organisation, state);
      if (record === undefined) return { receipt, events: [] };
      const { job: id, round: number } = stated.statement;
      return { receipt, events: [{ type: 'round.updated', data: { ...record, job: id, round: number } }] };
    },
    'round.root': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.root', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { state, events } = recordRoot(
        job.state,
        round.state,
        round.roots.get(stated.organisation),
        stated,
        moment,
      );
      round.roots.set(stated.organisation, state);
      return { events };
    },
    'round.close': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.close', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const closing = { committed: [...round.commitments.values()], roots: [...round.roots.values()] };
      const { state, events } = closeRound(job.state, round.state, [...round.updates.values()], moment, closing);
      round.state = state;
      return { events };
    },
    'round.attest': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.attest', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { organisation } = stated;
      const existing = round.attestations.get(organisation);
      const committed = round.attestationCommitments.get(organisation);
      const { state, events } = attestRound(job.state, round.state, existing, stated, moment, committed);
      round.attestations.set(organisation, state);
      return { events };
    },
    'round.finalise': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.finalise', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { organisations } = stated.statement;
      const attestations = organisations.map((organisation) => round.attestations.get(organisation));
      const beacons = beaconsOf(job, round);
      // every named organisation's peer decides; all must come to the same
      const outcomes = organisations.map((endorser) =>
        finaliseRound(job.state, round.state, job.model as ModelState, attestations, stated, endorser, moment, beacons),
      );
      const outcome = outcomes[0] as (typeof outcomes)[number];
      this.end(job, round, outcome);
      return { events: outcome.events };
    },
    'round.abandon': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.abandon', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const pages = [...awaitedIn(round).values()];
      const { reason } = stated.statement;
      const closing = { committed: [...round.commitments.values()], roots: [...round.roots.values()] };
      const outcome = abandonRound(job.state, round.state, job.model as ModelState, pages, reason, moment, closing);
      this.end(job, round, outcome);
      return { events: outcome.events };
    },
    'round.settle': (envelope, _creator, moment) => {
      const stated = this.authenticated('round.settle', envelope, moment);
      const { job, round } = this.target(stated.statement);
      const { organisation } = stated.statement;
      const attestations = (round.state.attestedBy ?? []).map(
        (name) => round.attestations.get(name) as AttestationState,
      );
      const ended = { pages: [...round.updates.values()], attestations };
      const held = job.reputations.get(organisation) ?? [];
      const { pages, events } = settleRound(job.state, round.state, ended, held, stated, moment);
      job.reputations.set(organisation, pages);
      return { events };
    },
  };

  private authenticated<A extends Act>(act: A, envelope: string, moment: Moment): ReturnType<typeof readStatement<A>> {
    const stated = readStatement(act, envelope);
    return { ...stated, holder: authenticate(this.rosters.get(stated.organisation), stated, moment) };
  }

  private target({ job, round }: { job: string; round: number }): { job: MemoryJob; round: MemoryRound } {
    return { job: this.job(job), round: this.round(job, round) };
  }

  private open(job: MemoryJob, model: ModelState, state: RoundState): void {
    job.model = model;
    job.rounds.set(state.round, {
      state,
      updates: new Map(),
      commitments: new Map(),
      attestationCommitments: new Map(),
      roots: new Map(),
      attestations: new Map(),
    });
  }

  private end(
    job: MemoryJob,
    round: MemoryRound,
    outcome: { round: RoundState; model: ModelState; next?: RoundState; job?: JobState },
  ): void {
    round.state = outcome.round;
    job.model = outcome.model;
    if (outcome.job !== undefined) job.state = outcome.job;
    if (outcome.next !== undefined) this.open(job, outcome.model, outcome.next);
  }
}
