// The oracle: does the ledger hold what clients were told, each thing once, and does a gateway show the ledger and nothing
// else? It reads SQLite files only, so a test can spoil a copy and see it complain.

import { DatabaseSync } from 'node:sqlite';
import { jobIdOf, type Act, type EventType } from '@muster/protocol';
import type { Acknowledged } from './receipts.ts';

/** The event by which an act is found on the ledger, and what of its data names the statement. */
const TRACES: Partial<Readonly<Record<Act, { readonly type: EventType; readonly name: 'jti' | 'job' }>>> = {
  'round.update': { type: 'round.updated', name: 'jti' },
  'job.vote': { type: 'job.voted', name: 'jti' },
  'job.propose': { type: 'job.proposed', name: 'job' },
  'round.attest': { type: 'round.attested', name: 'jti' },
};

/** What is wrong, a sentence each. */
export interface Findings {
  /** told to be recorded, and not on the ledger, or in another transaction */
  readonly lost: string[];
  /** on the ledger more than once */
  readonly doubled: string[];
  /** told to be refused, and on the ledger */
  readonly falselyRefused: string[];
}

/** Rows of a projection table that one side has and the other lacks. */
export interface Difference {
  readonly table: string;
  /** rows of the gateway's that are not in the reference */
  readonly extra: number;
  /** rows of the reference that the gateway lacks */
  readonly missing: number;
}

/** Tables whose rows never change, with the block they came in; compared from a block on. */
const GROWING = ['transactions', 'events'];
/** Tables of state, compared whole. */
const STATE = ['organisations', 'agents', 'jobs', 'models', 'rounds', 'attestations', 'checkpoint'];

interface Trace {
  readonly type: string;
  readonly name: string;
  readonly transaction_id: string;
}

/** What a projection shows of acts, block by block: how often each statement is there, and where. */
export class Traces {
  readonly #database: DatabaseSync;
  readonly #transactions = new Map<string, string[]>();
  #block = -1;

  /** @param database a projection that nobody else changes meanwhile */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Reads the blocks that came since. */
  read(): void {
    const rows = this.#database
      .prepare(
        `SELECT type, transaction_id, block, CASE type WHEN 'job.proposed' THEN job ELSE data ->> '$.jti' END AS name
         FROM events WHERE block > ? AND type IN ('round.updated', 'job.voted', 'job.proposed', 'round.attested')`,
      )
      .all(this.#block) as unknown as (Trace & { block: number })[];
    for (const { type, name, transaction_id: transaction, block } of rows) {
      const key = `${type} ${name}`;
      this.#transactions.set(key, [...(this.#transactions.get(key) ?? []), transaction]);
      this.#block = Math.max(this.#block, block);
    }
  }

  /** The transactions in which a statement of an act is on the ledger; undefined where its events are not watched. */
  of(act: Act, jti: string): readonly string[] | undefined {
    const trace = TRACES[act];
    if (trace === undefined) return undefined;
    return this.#transactions.get(`${trace.type} ${trace.name === 'job' ? jobIdOf(jti) : jti}`) ?? [];
  }

  /** Statements that are there more than once. */
  doubled(): string[] {
    return [...this.#transactions].filter(([, found]) => found.length > 1).map(([key]) => key);
  }
}

/** Holds what clients were told against the ledger. */
export function examine(told: readonly Acknowledged[], traces: Traces): Findings {
  const lost: string[] = [];
  const falselyRefused: string[] = [];
  for (const { act, jti, transaction, refused } of told) {
    const found = traces.of(act, jti);
    if (found === undefined) continue;
    if (transaction === undefined) {
      if (found.length > 0) falselyRefused.push(`${act} ${jti} was refused with ${refused ?? '?'} and is recorded`);
    } else if (found.length === 0) lost.push(`${act} ${jti} was recorded in ${transaction}, which is not there`);
    else if (!found.includes(transaction))
      lost.push(`${act} ${jti} is in ${found.join(', ')}, told was ${transaction}`);
  }
  return { lost, doubled: traces.doubled(), falselyRefused };
}

function countOf(database: DatabaseSync, sql: string, ...values: number[]): number {
  return Number(database.prepare(sql).get(...values)?.n);
}

/** A gateway's projection file, held still at one block, beside a reference made from block 0. */
export class HeldProjection {
  readonly #database: DatabaseSync;
  /** the last block in it */
  readonly block: number;

  /**
   * @param file a projection that a running gateway may go on writing to
   * @param reference file of the reference
   */
  constructor(file: string, reference: string) {
    this.#database = new DatabaseSync(file, { readOnly: true });
    this.#database.exec('PRAGMA busy_timeout = 5000');
    this.#database.prepare('ATTACH ? AS reference').run(reference);
    // each file is held from its first reading on: the gateway's here, the reference when they are compared
    this.#database.exec('BEGIN');
    this.block = countOf(this.#database, 'SELECT block AS n FROM main.checkpoint');
  }

  /**
   * Compares it with the reference, which must stand at the same block.
   * @param since rows of blocks up to this one were compared before
   * @returns the tables that differ
   */
  compare(since: number): Difference[] {
    const rows = (of: string, table: string): string =>
      `SELECT * FROM ${of}.${table}${GROWING.includes(table) ? ' WHERE block > ?1' : ' WHERE ?1 IS NOT NULL'}`;
    const only = (table: string, one: string, other: string): number =>
      countOf(this.#database, `SELECT count(*) AS n FROM (${rows(one, table)} EXCEPT ${rows(other, table)})`, since);
    return [...GROWING, ...STATE]
      .map((table) => ({
        table,
        extra: only(table, 'main', 'reference'),
        missing: only(table, 'reference', 'main'),
      }))
      .filter(({ extra, missing }) => extra + missing > 0);
  }

  close(): void {
    this.#database.close();
  }
}
