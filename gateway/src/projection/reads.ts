// What can be asked of the projection. Every list is bounded and goes by a cursor.

import type { DatabaseSync } from 'node:sqlite';
import type {
  AttestationState,
  CommitmentRecord,
  EventType,
  JobState,
  ModelState,
  OrganisationState,
  RootState,
  RoundState,
  Settlement,
  UpdateRecord,
} from '@muster/protocol';
import type { Reputation } from '../schemas/contribution.ts';
import type { Items, Page } from '../schemas/page.ts';
import type { EventRow } from '../schemas/state.ts';
import { scoresOf, type ScoredUpdate } from './scores.ts';

/** A column must equal a value; undefined asks nothing. */
type Filters = Readonly<Record<string, string | number | undefined>>;

type Row = Record<string, unknown>;

interface Query {
  readonly select: string;
  /** the column that orders the list and makes its cursor */
  readonly key: string;
  readonly filters: Filters;
  readonly newestFirst?: boolean;
  /** further conditions with their values */
  readonly where?: Readonly<Record<string, number | string | undefined>>;
}

/** A round and what belongs to it. */
export interface RoundView {
  readonly round: RoundState;
  /** to updates and to attestations; where the job has commitments */
  readonly commitments?: readonly CommitmentRecord[];
  readonly updates: readonly UpdateRecord[];
  /** where any were recorded */
  readonly roots?: readonly RootState[];
  readonly attestations: readonly AttestationState[];
}

/** The state in a row, of the type that its table holds. */
const stateOf = (row: Row): unknown => JSON.parse(row.state as string);
const asJob = (row: Row): JobState => stateOf(row) as JobState;
const asRound = (row: Row): RoundState => stateOf(row) as RoundState;
const asAttestation = (row: Row): AttestationState => stateOf(row) as AttestationState;
const asReputation = ({ job, organisation, by, reputation, score, rounds, round }: Row): Reputation =>
  ({ job, organisation, by, reputationMicro: reputation, scoreMicro: score, rounds, round }) as Reputation;
const asOrganisation = (row: Row): OrganisationState => stateOf(row) as OrganisationState;

function recordOf({ data }: Row): unknown {
  const record = JSON.parse(data as string) as Record<string, unknown>;
  // the event tells of its round too, which is where the record lies
  delete record.job;
  delete record.round;
  return record;
}

function eventRow({ block, tx, idx, type, data, transaction_id, at }: Row): EventRow {
  return {
    id: `${String(block)}.${String(tx)}.${String(idx)}`,
    type: type as string,
    data: JSON.parse(data as string) as EventRow['data'],
    block: block as number,
    transaction: transaction_id as string,
    at: at as number,
  };
}

export class Reads {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  #rows(sql: string, values: readonly (string | number)[]): Row[] {
    return this.#database.prepare(sql).all(...values);
  }

  /** One page of a query. Column names come from this file only; values are always bound. */
  #page<T>(query: Query, { limit, cursor }: Page, item: (row: Row) => T): Items<T> {
    const { select, key, filters, newestFirst = false, where = {} } = query;
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const add = (condition: string, value: string | number | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    for (const [column, value] of Object.entries(filters)) add(`${column} = ?`, value);
    for (const [condition, value] of Object.entries(where)) add(condition, value);
    add(`${key} ${newestFirst ? '<' : '>'} ?`, cursor === undefined ? undefined : Number(cursor));
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const order = `ORDER BY ${key} ${newestFirst ? 'DESC' : 'ASC'} LIMIT ${limit + 1}`;
    const rows = this.#rows(`${select} ${filter} ${order}`, values);
    const items = rows.slice(0, limit).map(item);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return last === undefined ? { items } : { items, next: String(last[key]) };
  }

  /** When a certificate was revoked, by its thumbprint. */
  revokedAt(certificate: string): number | undefined {
    const [row] = this.#rows("SELECT state ->> '$.revoked.at' AS at FROM agents WHERE certificate = ?", [certificate]);
    return typeof row?.at === 'number' ? row.at : undefined;
  }

  jobs(status: string | undefined, page: Page): Items<JobState> {
    return this.#page({ select: 'SELECT seq, state FROM jobs', key: 'seq', filters: { status } }, page, asJob);
  }

  job(job: string): { job: JobState; model: ModelState | null } | undefined {
    const [row] = this.#rows(
      'SELECT jobs.state, models.state AS model FROM jobs LEFT JOIN models USING (job) WHERE job = ?',
      [job],
    );
    if (row === undefined) return undefined;
    const { model } = row;
    return { job: asJob(row), model: typeof model === 'string' ? (JSON.parse(model) as ModelState) : null };
  }

  rounds(job: string, page: Page): Items<RoundState> {
    return this.#page({ select: 'SELECT round, state FROM rounds', key: 'round', filters: { job } }, page, asRound);
  }

  round(job: string, round: number): RoundView | undefined {
    const [row] = this.#rows('SELECT state FROM rounds WHERE job = ? AND round = ?', [job, round]);
    return row === undefined ? undefined : this.#view(asRound(row));
  }

  #view(round: RoundState): RoundView {
    const of = [round.job, round.round];
    // the order in which everyone lists the updates of a round
    const recorded = (type: EventType): Row[] =>
      this.#rows('SELECT data FROM events WHERE job = ? AND round = ? AND type = ? ORDER BY by', [...of, type]);
    const updates = recorded('round.updated').map((row) => recordOf(row) as UpdateRecord);
    const attestations = this.#rows(
      'SELECT state FROM attestations WHERE job = ? AND round = ? ORDER BY organisation',
      of,
    ).map(asAttestation);
    const roots = recorded('round.rooted').map(({ data }) => JSON.parse(data as string) as RootState);
    const view = { round, updates, ...(roots.length === 0 ? {} : { roots }), attestations };
    if ((round.commitsUntil ?? round.attestationCommitsUntil) === undefined) return view;
    return { ...view, commitments: recorded('round.committed').map((row) => recordOf(row) as CommitmentRecord) };
  }

  updates(filters: Filters, page: Page): Items<UpdateRecord> {
    return this.#page(
      { select: 'SELECT seq, data FROM events', key: 'seq', filters: { ...filters, type: 'round.updated' } },
      page,
      ({ data }) => JSON.parse(data as string) as UpdateRecord,
    );
  }

  attestations(filters: Filters, page: Page): Items<AttestationState> {
    return this.#page({ select: 'SELECT seq, state FROM attestations', key: 'seq', filters }, page, asAttestation);
  }

  /** Scores of a round's agents, by name; which they are is fixed once it is closed, so their positions are the cursor. */
  scores(job: string, round: number, { limit, cursor = '0' }: Page): Items<ScoredUpdate> | undefined {
    const view = this.round(job, round);
    if (view === undefined) return undefined;
    const rows = this.#rows('SELECT state FROM settlements WHERE job = ? AND round = ?', [job, round]);
    const all = scoresOf(
      view,
      rows.map((row) => stateOf(row) as Settlement),
    );
    const next = Number(cursor) + limit;
    const items = all.slice(Number(cursor), next);
    return next < all.length ? { items, next: String(next) } : { items };
  }

  reputations(filters: Filters, page: Page): Items<Reputation> {
    return this.#page({ select: 'SELECT * FROM reputations', key: 'seq', filters }, page, asReputation);
  }

  organisations(): Items<OrganisationState> {
    const rows = this.#rows('SELECT state FROM organisations ORDER BY organisation', []);
    return { items: rows.map(asOrganisation) };
  }

  agents(filters: Filters, page: Page): Items<unknown> {
    return this.#page({ select: 'SELECT seq, state FROM agents', key: 'seq', filters }, page, stateOf);
  }

  /** Events by what they are about, newest first. */
  find(filters: Filters, span: { from?: number | undefined; to?: number | undefined }, page: Page): Items<EventRow> {
    const { digest } = filters;
    // what its index holds
    const indexed = { 'substr(digest, 8, 8) = substr(?, 8, 8)': digest };
    const where = { ...indexed, 'at >= ?': span.from, 'at <= ?': span.to };
    return this.#page(
      { select: 'SELECT * FROM events', key: 'seq', filters, where, newestFirst: true },
      page,
      eventRow,
    );
  }

  transaction(id: string): Row | undefined {
    const [row] = this.#rows('SELECT * FROM transactions WHERE id = ?', [id]);
    if (row === undefined) return undefined;
    const { block, idx, at, creator, status } = row as Record<string, number | string>;
    const events = this.#rows('SELECT type, data FROM events WHERE block = ? AND tx = ? ORDER BY idx', [
      block as number,
      idx as number,
    ]).map(({ type, data }) => ({ type, data: JSON.parse(data as string) as unknown }));
    return { transaction: id, block, at, creator, status, events };
  }

  /** The block of a transaction, if it is known. */
  blockOf(id: string): number | undefined {
    return this.#rows('SELECT block FROM transactions WHERE id = ?', [id])[0]?.block as number | undefined;
  }

  /** The rounds behind a model, oldest first: each was made on the model of the finalised one before. */
  lineage(
    digest: string,
  ): { job: JobState; lineage: (RoundView & { transaction: string; block: number })[] } | undefined {
    const [made] = this.#rows('SELECT job, round FROM rounds WHERE model = ? ORDER BY round LIMIT 1', [digest]);
    const job = made === undefined ? undefined : this.job(made.job as string)?.job;
    if (made === undefined || job === undefined) return undefined;
    const rows = this.#rows(
      `SELECT state, transaction_id, block FROM rounds WHERE job = ? AND round <= ? AND phase = 'finalised' ORDER BY round`,
      [made.job as string, made.round as number],
    );
    const lineage = rows.map((row) => ({
      ...this.#view(asRound(row)),
      transaction: row.transaction_id as string,
      block: row.block as number,
    }));
    return { job, lineage };
  }

  /** The position of the newest event; 0 before the first. */
  head(): number {
    return Number(this.#rows('SELECT max(seq) AS seq FROM events', [])[0]?.seq ?? 0);
  }

  /** The position of the last event up to an id, for a stream that goes on after it. */
  positionOf(block: number, tx: number, idx: number): number {
    const [row] = this.#rows('SELECT max(seq) AS seq FROM events WHERE (block, tx, idx) <= (?, ?, ?)', [
      block,
      tx,
      idx,
    ]);
    return Number(row?.seq ?? 0);
  }

  /**
   * The next events after a position, oldest first.
   * @param most how many rows are looked at, matching or not
   * @returns the events that match, and the position reached
   */
  after(
    position: number,
    filter: (type: string, job: unknown) => boolean,
    most: number,
  ): { events: EventRow[]; position: number } {
    const rows = this.#rows('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', [position, most]);
    const last = rows.at(-1);
    return {
      events: rows.filter(({ type, job }) => filter(type as string, job)).map(eventRow),
      position: last === undefined ? position : (last.seq as number),
    };
  }
}
