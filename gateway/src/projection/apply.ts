// From events to state: what each type changes in the tables that the reads answer from.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Enrolment, Events, EventType, JobState, LedgerEvent, ModelState, RoundState } from '@muster/protocol';

/** Where an event stands. */
export interface Place {
  readonly transaction: string;
  readonly block: number;
}

type Apply = (event: LedgerEvent, place: Place) => void;

/** The prepared statements of the state tables. */
function statements(
  database: DatabaseSync,
): Record<
  | 'organisation'
  | 'agent'
  | 'held'
  | 'job'
  | 'jobState'
  | 'vote'
  | 'model'
  | 'modelOf'
  | 'round'
  | 'attestation'
  | 'settlement'
  | 'reputation',
  StatementSync
> {
  const prepare = (sql: string): StatementSync => database.prepare(sql);
  return {
    organisation: prepare('INSERT OR REPLACE INTO organisations (organisation, state) VALUES (?, ?)'),
    agent: prepare(`INSERT INTO agents (organisation, certificate, role, state) VALUES (?, ?, ?, ?)
      ON CONFLICT (organisation, certificate) DO UPDATE SET role = excluded.role, state = excluded.state`),
    held: prepare('SELECT state FROM agents WHERE organisation = ? AND certificate = ?'),
    job: prepare(`INSERT INTO jobs (job, status, state) VALUES (?, ?, ?)
      ON CONFLICT (job) DO UPDATE SET status = excluded.status, state = excluded.state`),
    jobState: prepare('SELECT state FROM jobs WHERE job = ?'),
    vote: prepare('UPDATE jobs SET state = ? WHERE job = ?'),
    model: prepare('INSERT OR REPLACE INTO models (job, state) VALUES (?, ?)'),
    modelOf: prepare('SELECT state FROM models WHERE job = ?'),
    round:
      prepare(`INSERT INTO rounds (job, round, phase, model, state, transaction_id, block) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (job, round) DO UPDATE SET phase = excluded.phase, model = excluded.model, state = excluded.state,
        transaction_id = excluded.transaction_id, block = excluded.block`),
    attestation: prepare(`INSERT INTO attestations (job, round, organisation, digest, state) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (job, round, organisation) DO UPDATE SET digest = excluded.digest, state = excluded.state`),
    settlement: prepare('INSERT INTO settlements (job, round, organisation, state) VALUES (?, ?, ?, ?)'),
    reputation: prepare(`INSERT INTO reputations (job, organisation, by, reputation, score, rounds, round)
      VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (by, job) DO UPDATE SET reputation = excluded.reputation,
        score = excluded.score, rounds = excluded.rounds, round = excluded.round`),
  };
}

/** The model pointer after a round opened, was finalised or abandoned: what protocol's rules did to it, told by the events. */
function movePointer(pointer: ModelState | undefined, round: RoundState): ModelState {
  const { job, base, phase, model, carry } = round;
  const before = pointer ?? { v: 1, job, round: 0, finalised: 0, abandoned: 0, model: base, from: 0 };
  // revealing a committing round opens nothing new: it says the same number again
  if (phase === 'committing' || phase === 'open') return { ...before, round: round.round };
  if (phase === 'abandoned') return { ...before, abandoned: before.abandoned + 1 };
  if (phase !== 'finalised' || model === undefined) return before;
  return { ...before, finalised: before.finalised + 1, model, from: round.round, ...(carry && { carry }) };
}

/** Makes the function that applies events to a database. */
export function applier(database: DatabaseSync): Apply {
  const sql = statements(database);
  const read = (statement: StatementSync, ...key: string[]): unknown => {
    const row = statement.get(...key);
    return row === undefined ? undefined : JSON.parse(row.state as string);
  };
  const job = (state: JobState): void => {
    sql.job.run(state.job, state.status, JSON.stringify(state));
  };
  const ended = ({ model, ...state }: Events['job.finished']): void => {
    job(state);
    sql.model.run(state.job, JSON.stringify(model));
  };
  const voted = ({ job: id, organisation, ...vote }: Events['job.voted']): void => {
    const state = read(sql.jobState, id) as JobState | undefined;
    if (state === undefined) return;
    sql.vote.run(JSON.stringify({ ...state, votes: { ...state.votes, [organisation]: vote } }), id);
  };
  const agent = (data: Enrolment & { organisation: string; certificate: string; pem?: string }): void => {
    // a revocation does not repeat the certificate
    const held = read(sql.held, data.organisation, data.certificate) as object | undefined;
    sql.agent.run(data.organisation, data.certificate, data.role, JSON.stringify({ ...held, ...data }));
  };
  const round = (state: RoundState, { transaction, block }: Place): void => {
    const { job: id, round: number, phase, model } = state;
    sql.round.run(id, number, phase, model?.digest ?? null, JSON.stringify(state), transaction, block);
    sql.model.run(id, JSON.stringify(movePointer(read(sql.modelOf, id) as ModelState | undefined, state)));
  };
  const settled = (data: Events['round.settled']): void => {
    const { job: id, round: number, organisation, agents } = data;
    sql.settlement.run(id, number, organisation, JSON.stringify(data));
    for (const { by, reputationMicro, scoreMicro, rounds, round: last } of agents) {
      // one whose bytes were missing may have no reputation yet
      if (rounds > 0) sql.reputation.run(id, organisation, by, reputationMicro, scoreMicro, rounds, last);
    }
  };
  const appliers: { readonly [T in EventType]: (data: Events[T], place: Place) => void } = {
    'organisation.registered': (data) => {
      sql.organisation.run(data.organisation, JSON.stringify(data));
    },
    'certificate.enrolled': agent,
    'certificate.revoked': agent,
    'job.proposed': job,
    'job.voted': voted,
    'job.approved': job,
    'job.rejected': job,
    'job.finished': ended,
    'job.failed': ended,
    'round.opened': round,
    'round.committed': () => undefined,
    'round.revealed': round,
    // the events themselves are the table of updates: an update never changes
    'round.updated': () => undefined,
    'round.rooted': () => undefined,
    'round.closed': round,
    'round.attested': (data) => {
      sql.attestation.run(data.job, data.round, data.organisation, data.aggregate.digest, JSON.stringify(data));
    },
    'round.finalised': round,
    'round.abandoned': round,
    'round.settled': settled,
  };
  return ({ type, data }, place) => {
    // a later chaincode may tell of more than this program knows; its events are kept all the same
    if (Object.hasOwn(appliers, type))
      (appliers[type] as (data: LedgerEvent['data'], place: Place) => void)(data, place);
  };
}
